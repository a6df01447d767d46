-- When the readers were told what the first look at a source had found: once, whatever is killed in between.

alter table sources add column first_summary_at timestamptz;
comment on column sources.first_summary_at is 'when subscribers got the summary of what the first look found; NULL before';

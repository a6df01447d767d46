-- What readers said of alerts, and the daily canary.

create table feedback(
    signal_id     varchar not null,
    author        varchar not null,
    relevant      boolean not null,
    note          varchar not null default '',
    given_at      timestamptz not null,
    initiative_id varchar not null,
    article_id    bigint not null,
    rules         varchar[] not null,
    primary key (signal_id, author, given_at)
);
comment on table feedback is 'one row per word of a reader on an alert; the last word of each reader counts, earlier ones stay';
comment on column feedback.signal_id is 'the signal that was judged';
comment on column feedback.author is 'who said so';
comment on column feedback.relevant is 'whether the alert was about the initiative, and worth reading';
comment on column feedback.note is 'why, in the reader''s words';
comment on column feedback.given_at is 'when';
comment on column feedback.initiative_id is 'the initiative of the signal';
comment on column feedback.article_id is 'the article that was shown as evidence';
comment on column feedback.rules is 'aliases and rules that matched in the article at that time, as the analyst wrote them';

create table canaries(
    day         date primary key,
    signal_id   varchar not null,
    launched_at timestamptz not null,
    told_at     timestamptz
);
comment on table canaries is 'one row per day on which the canary flew: a synthetic article that goes the whole way to the operators; its article is never kept';
comment on column canaries.day is 'local day of the canary';
comment on column canaries.signal_id is 'its signal; how its deliveries ended says whether it arrived';
comment on column canaries.launched_at is 'when its signal was stored';
comment on column canaries.told_at is 'when operators were told that it is missing; NULL while it is not';

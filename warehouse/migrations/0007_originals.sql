-- What shows who printed a story first: the agency that its texts credit, and the page that its members name.

alter table stories add column agency varchar;
alter table stories add column named_article_id bigint;
comment on column stories.agency is 'news agency that a member credits (dateline, byline, end of the text) or that prints it itself; NULL when none';
comment on column stories.named_article_id is 'the article that a member names as the original (rel=canonical), stored or not; NULL when none';
comment on column stories.original_by is 'why it is credited, the strongest evidence first: canonical (a member names it as its original), agency (it is of the agency that the texts credit), earliest (published before the others), longest (no time is known, and it holds all of the others and more), first (nothing better is known)';

-- Stories and their members without indexes, found by arrival number instead; old keys in buckets. An index on random
-- identifiers touches a block for each new row: a quarter of the processor's time that a batch of 100 articles took with
-- a million stored (measured 2026-11). What a key would refuse, the loader looks up before it writes.

create table story_members_without_index(
    article_id         bigint not null,
    story_id           bigint not null,
    reason             varchar not null,
    score              real not null,
    matched_article_id bigint,
    joined_at          timestamptz not null,
    joined_story_id    bigint not null,
    number             integer not null,
    story_number       integer not null
);
insert into story_members_without_index
select m.article_id, m.story_id, m.reason, m.score, m.matched_article_id, m.joined_at, m.joined_story_id, m.number,
    f.number
from story_members m join story_members f on f.article_id = m.story_id order by m.number;
drop table story_members;
alter table story_members_without_index rename to story_members;
comment on table story_members is 'one row per article: its story, and why it belongs there';
comment on column story_members.article_id is 'the article';
comment on column story_members.story_id is 'its story now, merges followed';
comment on column story_members.reason is 'new (opened the story), same_url, same_text, reprint, excerpt (a cut copy) or update (more text, or rewritten in part)';
comment on column story_members.score is 'how much of the text is covered, 0 to 1; 1 for identities and for the first member';
comment on column story_members.matched_article_id is 'the member that it was recognised by; NULL for the first';
comment on column story_members.joined_at is 'when it joined';
comment on column story_members.joined_story_id is 'the story that it joined, before any merge';
comment on column story_members.number is 'arrival number, from 1 without gaps: keeps neighbours in time together on disk';
comment on column story_members.story_number is 'number of its story''s first member: where the row of the story stands';

create table stories_without_index(
    story_id            bigint not null,
    number              integer not null,
    first_seen          timestamptz not null,
    last_joined         timestamptz not null,
    title               varchar not null,
    original_article_id bigint not null,
    original_outlet     varchar not null,
    original_published  timestamptz,
    original_by         varchar not null,
    articles            integer not null,
    outlets             varchar[] not null,
    countries           varchar[] not null,
    languages           varchar[] not null,
    merged_into         bigint,
    merged_at           timestamptz,
    merged_by           bigint,
    agency              varchar,
    named_article_id    bigint
);
insert into stories_without_index
select s.story_id, m.number, s.first_seen, s.last_joined, s.title, s.original_article_id, s.original_outlet,
    s.original_published, s.original_by, s.articles, s.outlets, s.countries, s.languages, s.merged_into, s.merged_at,
    s.merged_by, s.agency, s.named_article_id
from stories s join story_members m on m.article_id = s.story_id order by m.number;
drop table stories;
alter table stories_without_index rename to stories;
comment on table stories is 'one row per story: the same text, however many outlets print it; live ones have merged_into NULL';
comment on column stories.story_id is 'the article_id of the first member; never changes';
comment on column stories.number is 'story_members.number of that member: stories of one time stand together on disk';
comment on column stories.first_seen is 'when its first member was loaded';
comment on column stories.last_joined is 'when a member last joined';
comment on column stories.title is 'headline of the original';
comment on column stories.original_article_id is 'the member that is credited with the text';
comment on column stories.original_outlet is 'domain of its outlet';
comment on column stories.original_published is 'when it was published; NULL when unknown';
comment on column stories.original_by is 'why it is credited, the strongest evidence first: canonical (a member names it as its original), agency (it is of the agency that the texts credit), earliest (published before the others), longest (no time is known, and it holds all of the others and more), first (nothing better is known)';
comment on column stories.articles is 'members, the original included';
comment on column stories.outlets is 'domains of the outlets that print it, sorted; len(outlets) is the reach of the story';
comment on column stories.countries is 'ISO 3166-1 alpha-2 codes of those outlets, where known, sorted';
comment on column stories.languages is 'BCP 47 tags of its texts, where known, sorted';
comment on column stories.merged_into is 'the story that this one turned out to be; NULL for a live story';
comment on column stories.merged_at is 'when it was merged';
comment on column stories.merged_by is 'the article that showed that both are one';
comment on column stories.agency is 'news agency that a member credits (dateline, byline, end of the text) or that prints it itself; NULL when none';
comment on column stories.named_article_id is 'the article that a member names as the original (rel=canonical), stored or not; NULL when none';

-- The next upkeep moves these again, into buckets.
insert into internal.shingles select hash, number from internal.old_shingles order by number;
drop table internal.old_shingles;
create table internal.old_keys(bucket integer not null, entries blob not null);
comment on table internal.old_keys is 'candidate keys of older members, the 8 smallest hashes each; upkeep moves them here and writes every row anew';
comment on column internal.old_keys.bucket is 'the last 16 bits of the hashes of this row';
comment on column internal.old_keys.entries is 'sorted entries of six bytes: the first 16 bits of a hash, then story_members.number, both little-endian';

-- Stories, their members, and what copies are recognised by. Kept without foreign keys or secondary indexes: an index on
-- the hashes costs 0.5 to 1 s per batch at a million articles, arrival order costs 7 ms (measured 2026-11).

create table stories(
    story_id            bigint primary key,
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
    merged_by           bigint
);
comment on table stories is 'one row per story: the same text, however many outlets print it; live ones have merged_into NULL';
comment on column stories.story_id is 'the article_id of the first member; never changes';
comment on column stories.first_seen is 'when its first member was loaded';
comment on column stories.last_joined is 'when a member last joined';
comment on column stories.title is 'headline of the original';
comment on column stories.original_article_id is 'the member that is credited with the text';
comment on column stories.original_outlet is 'domain of its outlet';
comment on column stories.original_published is 'when it was published; NULL when unknown';
comment on column stories.original_by is 'why it is credited: first (nothing better is known), earliest (published before the others), longest (no time is known, and it holds all of the others and more)';
comment on column stories.articles is 'members, the original included';
comment on column stories.outlets is 'domains of the outlets that print it, sorted; len(outlets) is the reach of the story';
comment on column stories.countries is 'ISO 3166-1 alpha-2 codes of those outlets, where known, sorted';
comment on column stories.languages is 'BCP 47 tags of its texts, where known, sorted';
comment on column stories.merged_into is 'the story that this one turned out to be; NULL for a live story';
comment on column stories.merged_at is 'when it was merged';
comment on column stories.merged_by is 'the article that showed that both are one';

create table story_members(
    article_id         bigint primary key,
    story_id           bigint not null,
    reason             varchar not null,
    score              real not null,
    matched_article_id bigint,
    joined_at          timestamptz not null,
    joined_story_id    bigint not null,
    number             integer not null
);
comment on table story_members is 'one row per article: its story, and why it belongs there';
comment on column story_members.article_id is 'the article';
comment on column story_members.story_id is 'its story now, merges followed';
comment on column story_members.reason is 'new (opened the story), same_url, same_text, reprint, excerpt (a cut copy) or update (more text, or rewritten in part)';
comment on column story_members.score is 'how much of the text is covered, 0 to 1; 1 for identities and for the first member';
comment on column story_members.matched_article_id is 'the member that it was recognised by; NULL for the first';
comment on column story_members.joined_at is 'when it joined';
comment on column story_members.joined_story_id is 'the story that it joined, before any merge';
comment on column story_members.number is 'arrival number, from 1 without gaps: keeps neighbours in time together on disk';

create table internal.fingerprints(
    number    integer not null,
    text_hash bigint not null,
    cjk       boolean not null,
    outlet    varchar not null,
    published timestamptz,
    title     uinteger[] not null,
    sketch    blob not null
);
comment on table internal.fingerprints is 'what a text is verified by, one row per member, in order of number; hashes only';
comment on column internal.fingerprints.number is 'story_members.number';
comment on column internal.fingerprints.text_hash is 'articles.text_hash';
comment on column internal.fingerprints.cjk is 'whether its shingles are made of characters';
comment on column internal.fingerprints.outlet is 'articles.outlet, so that comparing needs no look-up there';
comment on column internal.fingerprints.published is 'articles.published, likewise';
comment on column internal.fingerprints.title is 'hashes of the words of the headline';
comment on column internal.fingerprints.sketch is 'sampled hashes in text order, two bytes each, lowest bit: holds a number';

create table internal.shingles(hash uinteger not null, number integer not null);
comment on table internal.shingles is 'candidate keys of recent members, 24 hashes each, in order of number';
comment on column internal.shingles.hash is 'hash of a run of words';
comment on column internal.shingles.number is 'story_members.number';

create table internal.old_shingles(hash uinteger not null, number integer not null);
comment on table internal.old_shingles is 'candidate keys of older members, the 8 smallest hashes each, sorted by hash; upkeep moves them here';
comment on column internal.old_shingles.hash is 'hash of a run of words';
comment on column internal.old_shingles.number is 'story_members.number';

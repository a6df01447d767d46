-- Every reading of a page: what it gave, and where its bytes are kept. Appended in order of arrival, without a key: a
-- page is read once, and nothing asks for one reading in a hurry. The bytes stand in files: docs/decisions/0007.

create table pages(
    url          varchar not null,
    final_url    varchar not null,
    source_id    varchar not null,
    outlet       varchar not null,
    article_id   bigint,
    fetched_at   timestamptz not null,
    access       varchar not null,
    characters   integer not null,
    titled       boolean not null,
    signed       boolean not null,
    dated        boolean not null,
    extractor    varchar not null,
    repeated     bigint[] not null,
    raw_hash     varchar not null,
    bytes        bigint not null,
    content_type varchar,
    file         varchar,
    begins_at    bigint,
    length       bigint,
    run_id       varchar
);
comment on table pages is 'one row per page that was read: what it gave, and where its bytes are kept for govwatch replay; rows go with the log of fetches';
comment on column pages.url is 'the URL as discovered';
comment on column pages.final_url is 'where it was fetched, after redirects';
comment on column pages.source_id is 'the source that led to it';
comment on column pages.outlet is 'domain of the site';
comment on column pages.article_id is 'the article that it led to; NULL when to none';
comment on column pages.fetched_at is 'when its last byte arrived';
comment on column pages.access is 'how much of an article it showed: full, stub (paywall, teaser), consent or not_article';
comment on column pages.characters is 'characters of the text that was cut out';
comment on column pages.titled is 'whether the page itself states a headline';
comment on column pages.signed is 'whether the page itself names an author';
comment on column pages.dated is 'whether the page itself states when it was published';
comment on column pages.extractor is 'name, version and settings of what read it last';
comment on column pages.repeated is 'lines that were taken out as its outlet repeats them, as numbers (see outlet_lines): they stay out when it is read again';
comment on column pages.raw_hash is 'SHA-256 of its bytes, as in articles.raw_hash';
comment on column pages.bytes is 'size of its bytes, decompressed';
comment on column pages.content_type is 'the Content-Type header as sent';
comment on column pages.file is 'file of the folder of kept pages that holds its bytes; NULL when they are not kept, or not any more';
comment on column pages.begins_at is 'where they begin in that file';
comment on column pages.length is 'how many they are there, compressed';
comment on column pages.run_id is 'the pass that read it';

comment on column articles.published_from is 'where that was read: json-ld, meta, time, url, text, rule (of the site), feed';

-- What each outlet repeats from page to page, so that it can be taken out of its texts. One row per remembered page.

create table outlet_lines(
    outlet  varchar not null,
    seen_at timestamptz not null,
    place   integer not null,
    lines   bigint[] not null
);
comment on table outlet_lines is 'the lines of each outlet''s newest articles (at most 20), as numbers: a line that stands on several pages is furniture and is taken out of the next one''s text';
comment on column outlet_lines.outlet is 'domain of the site';
comment on column outlet_lines.seen_at is 'when the batch was loaded that this row was written with';
comment on column outlet_lines.place is 'order of the pages of one batch, the newest last';
comment on column outlet_lines.lines is 'one number for each line of the text (XXH3 of its letters, signed), before any was taken out';

alter table articles add column text_reason varchar default '';
comment on column articles.text_reason is 'which of several readings of its page the text is, and why that one; empty when there was no choice';

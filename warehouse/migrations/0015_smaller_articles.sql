-- Articles without an index and without a URL said twice; the index of search() in quarters of a block. The key took 53
-- bytes per article at a million, the second URL 36, the eighths 32, of 3 KB of text (measured 2026-12). No statement of
-- the loader asked the key: DuckDB joins by a scan, which takes 5 ms. What it would refuse, the loader looks up before it
-- writes, and doctor looks for.

create table articles_without_index(
    article_id     bigint not null,
    url            varchar not null,
    url_key        varchar not null,
    discovered_url varchar,
    canonical_url  varchar,
    source_id      varchar not null,
    outlet         varchar not null,
    outlet_name    varchar,
    country        varchar,
    tier           tinyint,
    title          varchar not null,
    text           varchar using compression zstd,
    authors        varchar[] not null,
    published      timestamptz,
    published_from varchar,
    published_raw  varchar,
    modified       timestamptz,
    first_seen     timestamptz not null,
    language       varchar,
    section        varchar,
    tags           varchar[] not null,
    image          varchar,
    word_count     integer not null,
    access         varchar not null,
    access_reason  varchar not null default '',
    origin         varchar not null,
    catch_up       boolean not null default false,
    extractor      varchar not null default '',
    raw_hash       varchar not null default '',
    text_hash      bigint,
    run_id         varchar,
    text_reason    varchar default ''
);
insert into articles_without_index
select article_id, url, url_key, case when discovered_url <> url then discovered_url end, canonical_url, source_id, outlet,
    outlet_name, country, tier, title, text, authors, published, published_from, published_raw, modified, first_seen,
    language, section, tags, image, word_count, access, access_reason, origin, catch_up, extractor, raw_hash, text_hash,
    run_id, text_reason
from articles order by rowid;
drop table articles;
alter table articles_without_index rename to articles;
comment on table articles is 'one row per article (canonical URL), copies included; a stored article is never overwritten';
comment on column articles.article_id is 'first 63 bits of the SHA-256 of url_key: the same on every machine';
comment on column articles.url is 'where the page was fetched, after redirects';
comment on column articles.url_key is 'canonical form of the URL: the identity of the article';
comment on column articles.discovered_url is 'the URL as it was discovered; NULL when it is url';
comment on column articles.canonical_url is 'the canonical URL that the page itself states, if plausible';
comment on column articles.source_id is 'the source that led to it; seed for the seed corpus';
comment on column articles.outlet is 'domain of the outlet, for example lemonde.fr';
comment on column articles.outlet_name is 'what the page calls its site';
comment on column articles.country is 'ISO 3166-1 alpha-2 of the outlet, where known';
comment on column articles.tier is 'tier of the outlet when it was loaded: 1 is best; NULL when not rated';
comment on column articles.title is 'headline without the suffix of the outlet; empty when the page has none';
comment on column articles.text is 'paragraphs, one per line; NULL for a seed article of which only the facts are known';
comment on column articles.authors is 'names of the authors';
comment on column articles.published is 'when it was published; NULL when neither page nor source states it';
comment on column articles.published_from is 'where that was read: json-ld, meta, time, url, text, rule (of the site), feed';
comment on column articles.published_raw is 'the date as the page writes it, with its own zone';
comment on column articles.modified is 'when it was last changed, as the page states';
comment on column articles.first_seen is 'when govwatch first saw it';
comment on column articles.language is 'BCP 47 primary tag of the text; NULL when it cannot be told';
comment on column articles.section is 'section, as the page states it';
comment on column articles.tags is 'keywords, as the page states them';
comment on column articles.image is 'URL of the lead image, as the page states it';
comment on column articles.word_count is 'words of the text (characters, for scripts written without spaces); for a seed, the count that its facts state';
comment on column articles.access is 'full, stub (paywall, teaser), consent or not_article';
comment on column articles.access_reason is 'why, when it is not full';
comment on column articles.origin is 'live, seed, or backfill (archives and the first look at a source); only live articles may alert';
comment on column articles.catch_up is 'live, but too old or after too long a silence to alert at once: digests only';
comment on column articles.extractor is 'name, version and settings of what cut the article out of its page';
comment on column articles.raw_hash is 'SHA-256 of the bytes of the page';
comment on column articles.text_hash is '63-bit hash of the normalised text: equal texts have equal hashes';
comment on column articles.run_id is 'the pass that loaded it';
comment on column articles.text_reason is 'which of several readings of its page the text is, and why that one; empty when there was no choice';

-- Built again, block by block, by the loads and the next upkeep.
delete from internal.search_terms;
delete from internal.search_blocks;
comment on column internal.search_terms.parts is 'in which quarters of the block it stands: bit 0 is the first 512 articles';

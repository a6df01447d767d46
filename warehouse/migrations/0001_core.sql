-- What is watched, what was found, and how each pass went. Every time is a TIMESTAMPTZ, stored and shown in UTC.
-- No foreign keys, sequences, enums or triggers: see docs/decisions (they block upserts, renames or older tools).

create table sources(
    source_id            varchar primary key,
    name                 varchar not null,
    kind                 varchar not null,
    url                  varchar not null,
    outlet               varchar,
    language             varchar,
    country              varchar,
    tier                 tinyint,
    every_seconds        bigint not null,
    enabled              boolean not null,
    reason               varchar not null default '',
    configured           boolean not null default true,
    added_at             timestamptz not null,
    first_looked_at      timestamptz,
    last_poll            timestamptz,
    last_outcome         varchar,
    last_reason          varchar,
    last_status          smallint,
    last_success         timestamptz,
    last_new_item        timestamptz,
    newest_item          timestamptz,
    consecutive_failures integer not null default 0,
    next_poll            timestamptz,
    etag                 varchar,
    last_modified        varchar,
    moved_to             varchar,
    polls                bigint not null default 0,
    items                bigint not null default 0,
    new_items            bigint not null default 0
);
comment on table sources is 'one row per source: what is configured, and how its polls went; see also the view source_health';
comment on column sources.source_id is 'the id in sources.yaml';
comment on column sources.name is 'name for people';
comment on column sources.kind is 'which reader understands it: feed, sitemap, listing, gdelt ...';
comment on column sources.url is 'where it is polled';
comment on column sources.outlet is 'domain of the outlet, where it differs from the host of its articles';
comment on column sources.language is 'BCP 47 tag of the outlet, where configured';
comment on column sources.country is 'ISO 3166-1 alpha-2 of the outlet, where configured';
comment on column sources.tier is '1 (wire services, papers of record, institutions) to 3; NULL when not rated';
comment on column sources.every_seconds is 'usual time between two polls, seconds';
comment on column sources.enabled is 'whether it is polled';
comment on column sources.reason is 'why it is off, or what an operator should know';
comment on column sources.configured is 'false when it no longer stands in sources.yaml; its history stays';
comment on column sources.added_at is 'when it was first configured';
comment on column sources.first_looked_at is 'end of the first poll that brought items; what it found is history (origin backfill), not news';
comment on column sources.last_poll is 'end of the last poll';
comment on column sources.last_outcome is 'how the last poll ended: ok, not_modified, empty, failed';
comment on column sources.last_reason is 'why, in one sentence; empty when all went well';
comment on column sources.last_status is 'HTTP status of the last poll; NULL when there was no answer';
comment on column sources.last_success is 'end of the last poll that was understood';
comment on column sources.last_new_item is 'when a poll last brought an item that was not known';
comment on column sources.newest_item is 'newest publication time seen in any poll';
comment on column sources.consecutive_failures is 'failed polls since the last success';
comment on column sources.next_poll is 'not polled again before; NULL means at once';
comment on column sources.etag is 'validator for the next conditional request';
comment on column sources.last_modified is 'validator for the next conditional request, as the server wrote it';
comment on column sources.moved_to is 'where a permanent redirect (301, 308) says the source is now; put it into sources.yaml';
comment on column sources.polls is 'polls so far';
comment on column sources.items is 'items seen so far, known ones included';
comment on column sources.new_items is 'items that were not known before';

create table initiatives(
    initiative_id varchar primary key,
    name          varchar not null,
    kind          varchar not null default '',
    aliases       varchar[] not null,
    alert         varchar not null default '',
    configured    boolean not null default true,
    rules_version varchar not null default '',
    added_at      timestamptz not null,
    changed_at    timestamptz not null
);
comment on table initiatives is 'one row per tracked initiative, as configured in initiatives.yaml';
comment on column initiatives.initiative_id is 'the id in initiatives.yaml';
comment on column initiatives.name is 'name for people';
comment on column initiatives.kind is 'organisation, law, treaty, summit ...';
comment on column initiatives.aliases is 'the names and rules that are looked for, as the analyst wrote them';
comment on column initiatives.alert is 'the alert level that is configured';
comment on column initiatives.configured is 'false when it is no longer tracked; its mentions stay';
comment on column initiatives.rules_version is 'hash of the rules now in force';
comment on column initiatives.added_at is 'when it was first configured';
comment on column initiatives.changed_at is 'when its name or rules last changed';

create table frontier(
    url_id        bigint primary key,
    url           varchar not null,
    url_key       varchar not null,
    source_id     varchar not null,
    title         varchar,
    summary       varchar,
    published     timestamptz,
    language      varchar,
    outlet        varchar,
    origin        varchar not null,
    catch_up      boolean not null default false,
    discovered_at timestamptz not null,
    outcome       varchar not null,
    reason        varchar not null default '',
    attempts      integer not null default 0,
    last_try      timestamptz,
    next_try      timestamptz,
    article_id    bigint
);
comment on table frontier is 'one row per URL ever discovered, with its outcome; a row is never deleted, so no URL is ever lost';
comment on column frontier.url_id is 'first 63 bits of the SHA-256 of url_key: the article_id of an article stored under this very URL';
comment on column frontier.url is 'the URL as the source wrote it: what is fetched';
comment on column frontier.url_key is 'its canonical form: two URLs with one key are one article';
comment on column frontier.source_id is 'the source that gave it first';
comment on column frontier.title is 'the title in the source, if any';
comment on column frontier.summary is 'the description in the source, if any';
comment on column frontier.published is 'the publication time in the source, if any';
comment on column frontier.language is 'the language that the source states, if any';
comment on column frontier.outlet is 'the publisher that an aggregator names, if any';
comment on column frontier.origin is 'live, or backfill for what the first look at a source found';
comment on column frontier.catch_up is 'live, but too old or after too long a silence to alert at once';
comment on column frontier.discovered_at is 'when govwatch first saw it';
comment on column frontier.outcome is 'pending, fetched, not_article, duplicate, passed_over, over_budget, gone, forbidden, robots, blocked, too_large, not_html, redirect_loop, failed';
comment on column frontier.reason is 'one sentence for a person; empty when all went well';
comment on column frontier.attempts is 'tries so far';
comment on column frontier.last_try is 'end of the last try';
comment on column frontier.next_try is 'not tried again before; NULL when the outcome is final';
comment on column frontier.article_id is 'the article that the URL led to, if it led to one';

create table articles(
    article_id     bigint primary key,
    url            varchar not null,
    url_key        varchar not null,
    discovered_url varchar not null,
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
    run_id         varchar
);
comment on table articles is 'one row per article (canonical URL), copies included; a stored article is never overwritten';
comment on column articles.article_id is 'first 63 bits of the SHA-256 of url_key: the same on every machine';
comment on column articles.url is 'where the page was fetched, after redirects';
comment on column articles.url_key is 'canonical form of the URL: the identity of the article';
comment on column articles.discovered_url is 'the URL as it was discovered';
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
comment on column articles.published_from is 'where that was read: json-ld, meta, time, url, text, feed';
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

create table revisions(
    article_id bigint not null,
    text_hash  bigint not null,
    seen_at    timestamptz not null,
    title      varchar not null,
    text       varchar not null using compression zstd,
    run_id     varchar,
    primary key(article_id, text_hash)
);
comment on table revisions is 'later texts of articles that are already stored; the first one stays in articles';
comment on column revisions.article_id is 'the article';
comment on column revisions.text_hash is '63-bit hash of the normalised later text';
comment on column revisions.seen_at is 'when this text was first seen';
comment on column revisions.title is 'headline of the later text';
comment on column revisions.text is 'the later text, paragraphs one per line';
comment on column revisions.run_id is 'the pass that saw it';

create table mentions(
    article_id    bigint not null,
    initiative_id varchar not null,
    field         varchar not null,
    span_start    integer not null,
    span_end      integer not null,
    surface       varchar not null,
    sentence      varchar not null,
    rule          varchar not null,
    place         varchar not null,
    context       varchar[] not null,
    beaten        varchar[] not null,
    alerts        boolean not null,
    rules_version varchar not null,
    found_at      timestamptz not null,
    run_id        varchar,
    primary key(article_id, initiative_id, field, span_start)
);
comment on table mentions is 'one row per span that denotes a tracked initiative, with its evidence';
comment on column mentions.article_id is 'the article';
comment on column mentions.initiative_id is 'the initiative';
comment on column mentions.field is 'title or text: what the span points into';
comment on column mentions.span_start is 'first character of the span, from 0, in Unicode characters';
comment on column mentions.span_end is 'first character after the span';
comment on column mentions.surface is 'the characters of the span';
comment on column mentions.sentence is 'the sentence around it';
comment on column mentions.rule is 'the alias or rule that matched, as the analyst wrote it';
comment on column mentions.place is 'headline, lead, body, caption, tail or furniture; the last two never alert';
comment on column mentions.context is 'the required context that allowed it, as found';
comment on column mentions.beaten is 'competing names whose shorter spans lost to this one';
comment on column mentions.alerts is 'whether it may alert';
comment on column mentions.rules_version is 'hash of the rules that found it';
comment on column mentions.found_at is 'when it was found';
comment on column mentions.run_id is 'the pass that found it';

create table figures(
    article_id    bigint not null,
    initiative_id varchar not null,
    value         double not null,
    comparison    varchar not null,
    unit          varchar not null,
    scope         varchar not null,
    span_start    integer not null,
    span_end      integer not null,
    surface       varchar not null,
    sentence      varchar not null,
    found_at      timestamptz not null,
    primary key(article_id, initiative_id, span_start, unit)
);
comment on table figures is 'numbers stated in the sentence of a mention; see also the view disagreeing_figures';
comment on column figures.article_id is 'the article';
comment on column figures.initiative_id is 'the initiative beside whose mention it stands';
comment on column figures.value is 'the number';
comment on column figures.comparison is '= exactly, >= more than, <= up to, ~ about';
comment on column figures.unit is 'what is counted, normalised: state, company, page, USD ...';
comment on column figures.scope is 'the population that makes two figures comparable; empty when not stated';
comment on column figures.span_start is 'first character of the number with its unit, in the text of the article';
comment on column figures.span_end is 'first character after it';
comment on column figures.surface is 'those characters';
comment on column figures.sentence is 'the sentence around them';
comment on column figures.found_at is 'when it was found';

create table fetches(
    run_id     varchar,
    kind       varchar not null,
    url        varchar not null,
    source_id  varchar not null,
    outcome    varchar not null,
    reason     varchar not null,
    status     smallint,
    bytes      bigint,
    elapsed    real,
    items      integer,
    new_items  integer,
    article_id bigint,
    fetched_at timestamptz not null
);
comment on table fetches is 'the log of every try to get something from the network: polls of sources and fetches of articles';
comment on column fetches.run_id is 'the pass that tried';
comment on column fetches.kind is 'poll (a source) or article (a page)';
comment on column fetches.url is 'what was asked for';
comment on column fetches.source_id is 'the source, or the source that led to the article';
comment on column fetches.outcome is 'for an article as in frontier.outcome; for a poll as in sources.last_outcome';
comment on column fetches.reason is 'why, in one sentence; empty when all went well';
comment on column fetches.status is 'HTTP status; NULL when there was no answer';
comment on column fetches.bytes is 'size of the body, decompressed';
comment on column fetches.elapsed is 'seconds from the first request to the last byte';
comment on column fetches.items is 'items that the poll showed; NULL for an article';
comment on column fetches.new_items is 'of these, not known before; NULL for an article';
comment on column fetches.article_id is 'the article that it led to, if any';
comment on column fetches.fetched_at is 'when the try ended';

create table runs(
    run_id      varchar primary key,
    kind        varchar not null,
    state       varchar not null,
    started_at  timestamptz not null,
    finished_at timestamptz,
    counts      json,
    error       varchar,
    version     varchar not null,
    host        varchar not null,
    pid         integer not null
);
comment on table runs is 'one row per pass';
comment on column runs.run_id is 'identity of the pass';
comment on column runs.kind is 'monitor, deliver, upkeep, seed ...';
comment on column runs.state is 'running, completed, stopped (asked to end early), nothing (no source answered), failed, or interrupted (killed)';
comment on column runs.started_at is 'when it began';
comment on column runs.finished_at is 'when it ended; NULL while it runs';
comment on column runs.counts is 'what it did, as numbers by name';
comment on column runs.error is 'why it failed, if it did';
comment on column runs.version is 'version of govwatch';
comment on column runs.host is 'the machine';
comment on column runs.pid is 'the process';

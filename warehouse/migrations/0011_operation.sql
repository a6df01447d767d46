-- How each URL was found: what the weekly audit of missed coverage counts.

create table sightings(
    url_id     bigint not null,
    kind       varchar not null,
    first_seen timestamptz not null,
    primary key (url_id, kind)
);
comment on table sightings is 'one row per URL and kind of source that named it: the more ways lead to an article, the less is missed';
comment on column sightings.url_id is 'the URL, as in frontier';
comment on column sightings.kind is 'kind of the source: feed, sitemap, listing, gdelt, google_news ...';
comment on column sightings.first_seen is 'when a source of this kind named it first';

-- What operators are told of govwatch itself: which of its alarms are on, and how it grows.

create table alarms(
    alarm    varchar primary key,
    since    timestamptz not null,
    seen_at  timestamptz not null,
    told_at  timestamptz,
    sentence varchar not null
);
comment on table alarms is 'one row per alarm of govwatch itself that is on (no pass ends, the disk fills ...); gone when it is over. Ill sources and failing channels stand in source_health and channel_health';
comment on column alarms.alarm is 'which: the anchor of its section in docs/alarms.md';
comment on column alarms.since is 'when it was first seen';
comment on column alarms.seen_at is 'when it was last seen; an hour later it is over';
comment on column alarms.told_at is 'when operators were told; NULL while it may still pass by itself';
comment on column alarms.sentence is 'what is the matter';

create table sizes(
    day             date primary key,
    warehouse_bytes bigint not null,
    read_bytes      bigint not null,
    page_bytes      bigint not null,
    free_bytes      bigint not null
);
comment on table sizes is 'one row per UTC day: how large the files were when the first messages of the day went out; kept for ever';
comment on column sizes.day is 'UTC day';
comment on column sizes.warehouse_bytes is 'bytes of the database and its log; 0 where it is not a file of this machine';
comment on column sizes.read_bytes is 'bytes of the read copy';
comment on column sizes.page_bytes is 'bytes of kept pages';
comment on column sizes.free_bytes is 'bytes that were free beside them';

-- Old keys in buckets whose number grows with the store, and a mark (a byte) for each hash of a key. One hash that an old
-- member shares is then worth a look, and a look-up reads one byte of each key before it reads any whole one. Keys from
-- before have no mark: two of them must be shared, as until now. The next upkeep spreads them over as many buckets as
-- they need.

alter table internal.shingles add column mark utinyint default 0;
comment on column internal.shingles.mark is 'another hash of the same run of words, 1 to 254; 0 where it is not known';

create table internal.marked_keys(
    bucket integer not null,
    marks blob not null using compression uncompressed,
    entries blob not null using compression uncompressed
);
insert into internal.marked_keys
select bucket + 65536, unhex(repeat('00', octet_length(entries) // 6)), entries from internal.old_keys order by bucket;
drop table internal.old_keys;
alter table internal.marked_keys rename to old_keys;
comment on table internal.old_keys is 'candidate keys of older members, the 8 smallest hashes each; upkeep moves them here and writes every row anew';
comment on column internal.old_keys.bucket is 'a bit 1, then the last bits of the hashes of this row: 16 or more of them, in every row as many';
comment on column internal.old_keys.marks is 'shingles.mark of each entry, in the same order; 255 between two cells (as many in every row: a power of two, less one), which the next bits of the hashes name';
comment on column internal.old_keys.entries is 'entries of six bytes, sorted by cell, hash and number: the first 16 bits of a hash, then story_members.number, both little-endian';

-- The index of search() tells quarters of a block apart, no longer eighths: half the bits, and the texts of a quarter are
-- tested in a millisecond. It is built again, block by block, by the loads and the next upkeep (measured 2026-12).

delete from internal.search_terms;
delete from internal.search_blocks;
comment on table internal.search_terms is 'which words stand where, in order of block and term; see internal.search_blocks';
comment on column internal.search_terms.parts is 'in which quarters of the block it stands: bit 0 is the first 512 articles';

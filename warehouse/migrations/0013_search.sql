-- The index of search(): which words stand in which runs of 256 articles. Made in blocks of 2,048 articles in order of
-- arrival, each once and for ever; what no block holds yet is looked at itself. See docs/decisions/0009.

create table internal.search_terms(
    term  uinteger not null,
    block integer not null,
    parts utinyint not null
);
comment on table internal.search_terms is 'which words stand where, in order of block and term; see internal.search_blocks';
comment on column internal.search_terms.term is 'hash of a word, of a character of a script without spaces, or of two such neighbours: 26 bits of MD5';
comment on column internal.search_terms.block is 'place (rowid) of the article in articles, divided by 2,048';
comment on column internal.search_terms.parts is 'in which eighths of the block it stands: bit 0 is the first 256 articles';

create table internal.search_blocks(
    block  integer primary key,
    method integer not null
);
comment on table internal.search_blocks is 'the blocks of articles that the index of search() holds, from 0 without gaps';
comment on column internal.search_blocks.block is 'number of the block';
comment on column internal.search_blocks.method is 'how its words were told apart; an older method is indexed anew';

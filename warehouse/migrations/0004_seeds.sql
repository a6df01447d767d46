-- Which initiatives a text of the seed corpus mentions, as its facts state: known before the text itself is given.

create table seed_initiatives(
    article_id    bigint not null,
    initiative_id varchar not null,
    primary key (article_id, initiative_id)
);
comment on table seed_initiatives is 'initiatives that a seed article mentions as its facts state; the evidence stands in mentions once the text is given';
comment on column seed_initiatives.article_id is 'the article (origin seed)';
comment on column seed_initiatives.initiative_id is 'the initiative that it mentions';

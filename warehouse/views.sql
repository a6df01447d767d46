-- What analysts query. Views hold no data: they are made again whenever this file changes.
-- Copies are counted apart from stories everywhere: forty outlets that print one agency text are one story.

create or replace view source_health as
with loaded as (
    select source_id, count(*) as articles, max(first_seen) as last_article from articles group by source_id
), found as (
    select a.source_id, count(distinct m.article_id) as mentions from mentions m join articles a using (article_id) group by a.source_id
), waiting as (
    select source_id, count(*) filter (outcome = 'pending') as pending, count(*) filter (outcome = 'failed') as failed
    from frontier group by source_id
)
select s.source_id, s.name,
    case
        when not s.configured or not s.enabled then 'off'
        when s.last_poll is null then 'new'
        when s.consecutive_failures > 0 then 'failing'
        when s.last_outcome = 'empty' then 'empty'
        when s.last_new_item < s.last_poll - to_seconds(greatest(3 * 86400, 20 * s.every_seconds)) then 'silent'
        else 'well'
    end as state,
    case state
        when 'off' then case when s.configured then s.reason else 'no longer in sources.yaml' end
        when 'new' then 'not polled yet'
        when 'failing' then format('{} failed polls in a row: {}', s.consecutive_failures, s.last_reason)
        when 'empty' then 'the last poll was understood, but showed no item'
        when 'silent' then 'polls go well, but show nothing new since ' || strftime(s.last_new_item, '%Y-%m-%d')
        else case when s.moved_to is null then '' else 'moved for good to ' || s.moved_to end
    end as reason,
    s.last_success, s.last_new_item, s.newest_item, s.next_poll, s.consecutive_failures, s.polls, s.items, s.new_items,
    coalesce(w.pending, 0) as pending, coalesce(w.failed, 0) as failed, coalesce(l.articles, 0) as articles, l.last_article,
    coalesce(f.mentions, 0) as mentions, s.configured, s.url
from sources s
left join loaded l using (source_id)
left join found f using (source_id)
left join waiting w using (source_id)
order by s.source_id;
comment on view source_health is 'one row per source: off, new, failing, empty, silent or well, with the reason, and what it has given';

create or replace view first_mentions as
select m.initiative_id, min(coalesce(a.published, a.first_seen)) as first_mention, arg_min(a.outlet, coalesce(a.published, a.first_seen)) as outlet,
    arg_min(a.country, coalesce(a.published, a.first_seen)) as country, arg_min(a.language, coalesce(a.published, a.first_seen)) as language,
    arg_min(a.title, coalesce(a.published, a.first_seen)) as title, arg_min(a.url, coalesce(a.published, a.first_seen)) as url,
    count(distinct a.outlet) as outlets_since, count(distinct a.language) as languages_since
from mentions m
join articles a using (article_id)
group by m.initiative_id
order by first_mention;
comment on view first_mentions is 'one row per initiative: the earliest article that mentions it, seeds included';

create or replace view daily_load as
select fetched_at::date as day, kind, outcome, count(*) as tries, sum(bytes) as bytes, quantile_cont(elapsed, 0.5) as median_seconds,
    quantile_cont(elapsed, 0.95) as p95_seconds
from fetches
group by all
order by day desc, kind, tries desc;
comment on view daily_load is 'one row per UTC day, kind and outcome of what was asked from the network';

create or replace macro recent(days) as table
    select * from articles where coalesce(published, first_seen) > now() - to_days(days::integer) order by published desc;
comment on macro table recent is 'articles of the last days: from recent(7)';

-- Words of scripts written without spaces match anywhere; other words match whole, in any case. All words must occur.
-- The first, cheap test runs on every text; the exact one only on what it leaves.
create or replace macro search(words) as table
    select a.article_id, a.published, a.outlet, a.language, a.title,
        substr(a.text, greatest(1, strpos(lower(a.text), lower(split_part(trim(words), ' ', 1))) - 80), 200) as excerpt, a.url, a.origin
    from articles a
    where list_bool_and(list_transform(string_split(lower(trim(words)), ' '), lambda word:
            contains(lower(a.title), word) or contains(coalesce(lower(a.text), ''), word)))
        and list_bool_and(list_transform(string_split(lower(trim(words)), ' '), lambda word:
            regexp_matches(word, '[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]')
            or contains(' ' || regexp_replace(lower(a.title || ' ' || coalesce(a.text, '')), '[^\p{L}\p{N}]+', ' ', 'g') || ' ',
                ' ' || trim(regexp_replace(word, '[^\p{L}\p{N}]+', ' ', 'g')) || ' ')))
    order by a.published desc;
comment on macro table search is 'articles whose title or text holds all of these words, in any language: from search(''AI Act'')';

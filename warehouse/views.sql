-- What analysts query. Views hold no data: they are made again whenever this file changes.
-- CASE, never if(): DuckDB 2.0 stores that as a function which the tools of the 1.5 line do not know.
-- Copies are counted apart from stories everywhere: forty outlets that print one agency text are one story.

create or replace view new_mentions as
select m.found_at, m.initiative_id, i.name as initiative, a.title, a.outlet, a.country, a.language, a.published, m.place, m.field,
    m.surface, m.sentence, s.story_id, s.story_id = a.article_id as opens_story, a.origin, m.alerts, a.url, a.article_id
from mentions m
join articles a using (article_id)
left join story_members s using (article_id)
left join initiatives i using (initiative_id)
where not exists (
    from mentions earlier
    where earlier.article_id = m.article_id and earlier.initiative_id = m.initiative_id
        and (earlier.field = 'title', -earlier.span_start) > (m.field = 'title', -m.span_start))
order by m.found_at desc, a.published desc;
comment on view new_mentions is 'one row per article and initiative, its first mention in reading order, the newest found first: add "where found_at > ..." and a limit';

create or replace view initiative_timeline as
select m.initiative_id, coalesce(a.published, a.first_seen)::date as day, count(distinct coalesce(s.story_id, a.article_id)) as stories,
    count(distinct a.article_id) as articles, count(distinct a.article_id) - count(distinct coalesce(s.story_id, a.article_id)) as copies,
    count(distinct a.outlet) as outlets, count(distinct a.country) as countries, count(*) as mentions
from mentions m
join articles a using (article_id)
left join story_members s using (article_id)
group by all
order by m.initiative_id, day;
comment on view initiative_timeline is 'one row per initiative and UTC day of publication (of first sight, where no date is known): stories, and how often they were printed';

create or replace view outlet_coverage as
select a.outlet, any_value(a.outlet_name) as outlet_name, any_value(a.country) as country, min(a.tier) as tier, m.initiative_id,
    count(distinct coalesce(s.story_id, a.article_id)) as stories, count(distinct a.article_id) as articles,
    count(distinct a.article_id) filter (s.story_id <> a.article_id) as copies, count(*) as mentions,
    min(coalesce(a.published, a.first_seen)) as first_mention, max(coalesce(a.published, a.first_seen)) as last_mention,
    arg_min(a.title, coalesce(a.published, a.first_seen)) as first_title, arg_min(a.url, coalesce(a.published, a.first_seen)) as first_url
from mentions m
join articles a using (article_id)
left join story_members s using (article_id)
group by a.outlet, m.initiative_id
order by first_mention;
comment on view outlet_coverage is 'one row per outlet and initiative: how much, since when, and the first article';

-- A new template shows in what pages give, outlet by outlet: the newest twelve against those of the three months before.
-- Twelve: ten of them without an article are chance once in a thousand million times where one in ten had none before.
create or replace view page_drift as
with numbered as (
    select source_id, outlet, access = 'full' as whole, characters, titled, signed, dated, fetched_at,
        row_number() over (partition by source_id, outlet order by fetched_at desc, url) as age
    from pages
    where fetched_at > (select max(fetched_at) from pages) - interval 90 days
), measured as (
    select source_id, outlet, max(fetched_at) as last_page,
        count(*) filter (age <= 12) as pages, count(*) filter (age > 12) as pages_before,
        count(*) filter (age <= 12 and not whole) as hollow,
        round(avg((not whole)::integer) filter (age > 12), 2) as hollow_before,
        median(characters) filter (age <= 12 and whole)::integer as characters,
        median(characters) filter (age > 12 and whole)::integer as characters_before,
        round(avg(titled::integer) filter (age <= 12 and whole), 2) as titled, round(avg(titled::integer) filter (age > 12 and whole), 2) as titled_before,
        round(avg(signed::integer) filter (age <= 12 and whole), 2) as signed, round(avg(signed::integer) filter (age > 12 and whole), 2) as signed_before,
        round(avg(dated::integer) filter (age <= 12 and whole), 2) as dated, round(avg(dated::integer) filter (age > 12 and whole), 2) as dated_before
    from numbered
    group by source_id, outlet
), told as (
    select *, pages = 12 and pages_before >= 20 as comparable,
        concat_ws(', ',
            case when characters < 0.4 * characters_before and characters_before >= 500 then format('texts of {} characters ({} before)', characters, characters_before) end,
            case when titled <= 0.2 and titled_before >= 0.8 then format('{:.0f} % state a headline ({:.0f} % before)', 100 * titled, 100 * titled_before) end,
            case when signed <= 0.2 and signed_before >= 0.8 then format('{:.0f} % state an author ({:.0f} % before)', 100 * signed, 100 * signed_before) end,
            case when dated <= 0.2 and dated_before >= 0.8 then format('{:.0f} % state a date ({:.0f} % before)', 100 * dated, 100 * dated_before) end) as less
    from measured
)
select source_id, outlet,
    case when comparable and hollow >= 9 and hollow_before <= 0.4 then 'hollow' when comparable and hollow <= 6 and less <> '' then 'thin' end as drift,
    case drift
        when 'hollow' then format('{} of the newest {} pages of {} hold no whole article ({:.0f} % before)', hollow, pages, outlet, 100 * hollow_before)
        when 'thin' then format('the newest pages of {}: {}', outlet, less)
    end as reason,
    last_page, pages, pages_before, hollow, hollow_before, characters, characters_before, titled, titled_before, signed, signed_before, dated, dated_before
from told
order by drift, source_id, outlet;
comment on view page_drift is 'one row per source and outlet: what its newest twelve pages gave against those of the 90 days before; drift is hollow (articles are missing), thin (texts or facts are) or NULL';

-- A source is ill, and worth a word to operators, when its trouble lasts: one failed poll is weather.
-- Time is measured by the last poll, not by the wall: while govwatch rests, no source falls ill.
create or replace view source_health as
with loaded as (
    select source_id, count(*) as articles, max(first_seen) as last_article from articles group by source_id
), found as (
    select a.source_id, count(distinct m.article_id) as mentions from mentions m join articles a using (article_id) group by a.source_id
), waiting as (
    select source_id, count(*) filter (outcome = 'pending') as pending, count(*) filter (outcome = 'failed') as failed
    from frontier group by source_id
), lately as (
    select f.source_id, count(*) as pages_read, count(*) filter (f.outcome = 'not_article') as pages_hollow
    from frontier f join sources s using (source_id)
    where f.outcome in ('fetched', 'not_article') and f.last_try > s.last_poll - interval 7 days
    group by f.source_id
), drifted as (
    -- An outlet that brings nothing any more says nothing of today.
    select d.source_id, bool_or(d.drift = 'hollow') as hollow,
        array_to_string(list(d.reason order by d.drift, d.pages_before desc)[:3], '; ') as reason
    from page_drift d join sources s using (source_id)
    where d.drift is not null and d.last_page > s.last_poll - interval 14 days
    group by d.source_id
), measured as (
    -- What a first look found is as old as its dates say; after it, news is what a poll brought.
    select *, case when last_new_item <= first_looked_at then least(coalesce(newest_item, last_new_item), last_new_item) else coalesce(last_new_item, first_looked_at) end as last_news,
        least(60 * 86400, greatest(3 * 86400, 20 * every_seconds, coalesce(2 * longest_gap_seconds, 7 * 86400))) as patience_seconds
    from sources
)
select s.source_id, s.name,
    case
        when not s.configured or not s.enabled then 'off'
        when s.last_poll is null then 'new'
        when s.consecutive_failures > 0 and s.last_status = 410 then 'gone'
        when s.consecutive_failures > 0 then 'failing'
        when s.last_outcome = 'empty' then 'empty'
        when s.last_news < s.last_poll - to_seconds(s.patience_seconds) then 'silent'
        when p.pages_read >= 10 and p.pages_hollow >= 0.8 * p.pages_read then 'hollow'
        when d.hollow then 'hollow'
        when not d.hollow then 'thin'
        else 'well'
    end as state,
    case state
        when 'off' then case when s.configured then s.reason else 'no longer in sources.yaml' end
        when 'new' then 'not polled yet'
        when 'gone' then 'the server says that it is gone for good; asked once a day all the same'
        when 'failing' then case when s.consecutive_failures = 1 then 'the last poll failed: ' || s.last_reason
            else format('{} failed polls in a row: {}', s.consecutive_failures, s.last_reason) end
        when 'empty' then coalesce(nullif(s.last_reason, ''), 'the last poll was understood, but showed no item')
        when 'silent' then 'polls go well, but show nothing new since ' || strftime(s.last_news, '%Y-%m-%d')
        when 'hollow' then coalesce(case when d.hollow then d.reason || ': a new template?' end, format('{} of {} pages read within a week hold no whole article: a new template, a paywall, or not the pages that were meant', p.pages_hollow, p.pages_read))
        when 'thin' then d.reason || ': a new template?'
        else concat_ws('; ', 'moved for good to ' || s.moved_to, case when s.linkless > 0 then format('{} entries name no page', s.linkless) end)
    end as reason,
    s.last_success, s.last_new_item, s.newest_item, s.next_poll, s.consecutive_failures, s.polls, s.items, s.new_items,
    coalesce(w.pending, 0) as pending, coalesce(w.failed, 0) as failed, coalesce(l.articles, 0) as articles, l.last_article,
    coalesce(f.mentions, 0) as mentions, s.configured, s.url,
    case state
        when 'failing' then s.consecutive_failures >= 3
            or (s.consecutive_failures >= 2 and coalesce(s.last_success, s.added_at) <= s.last_poll - interval 24 hours)
        -- A search without a hit is empty and well.
        when 'empty' then s.empty_in_a_row >= 3 and s.kind in ('feed', 'sitemap', 'listing')
        else state in ('gone', 'silent', 'hollow', 'thin')
    end as ill,
    s.told_state, s.told_at, s.moved_to, coalesce(s.interval_seconds, s.every_seconds) as interval_seconds, s.pace_reason,
    s.usual_gap_seconds, s.longest_gap_seconds, s.patience_seconds, s.parse_faults, s.linkless, s.mistrusted_at,
    coalesce(p.pages_read, 0) as pages_read, coalesce(p.pages_hollow, 0) as pages_hollow
from measured s
left join loaded l using (source_id)
left join found f using (source_id)
left join waiting w using (source_id)
left join lately p using (source_id)
left join drifted d using (source_id)
order by s.source_id;
comment on view source_health is 'one row per source: off, new, gone, failing, empty, silent, hollow, thin or well, with the reason, whether it is ill for long enough to be told, its pace and what it has given';

create or replace view disagreeing_figures as
with stated as (
    select f.*, coalesce(s.story_id, f.article_id) as story_id, a.outlet, coalesce(a.published, a.first_seen) as published
    from figures f
    join articles a using (article_id)
    left join story_members s using (article_id)
)
select initiative_id, unit, scope, count(distinct value) as values, min(value) as least, max(value) as most,
    count(distinct story_id) as stories, count(distinct outlet) as outlets,
    list(distinct {value: value, comparison: comparison, outlet: outlet, surface: surface, article_id: article_id}) as statements,
    min(published) as first_stated, max(published) as last_stated
from stated
group by initiative_id, unit, scope
having count(distinct value) > 1 and count(distinct story_id) > 1
order by initiative_id, unit, scope;
comment on view disagreeing_figures is 'numbers for the same initiative, unit and scope that differ between stories (not between copies of one)';

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

create or replace view firsts as
with told as (
    select m.initiative_id, unnest([
            {dimension: 'outlet', name: a.outlet}, {dimension: 'country', name: a.country},
            {dimension: 'language', name: a.language}], recursive := true),
        coalesce(a.published, a.first_seen) as moment, a.article_id, a.title, a.outlet, a.url
    from mentions m join articles a using (article_id)
)
select initiative_id, dimension, name, min(moment) as first_mention, arg_min(outlet, moment) as outlet,
    arg_min(title, moment) as title, arg_min(url, moment) as url, count(distinct article_id) as articles
from told
where name is not null
group by all
order by first_mention desc, initiative_id, dimension, name;
comment on view firsts is 'the first mention of each initiative in each outlet, country and language, the newest first';

create or replace view spikes as
with daily as (
    select initiative_id, day, stories,
        sum(stories) over (partition by initiative_id order by day
            range between interval 28 days preceding and interval 1 day preceding) / 28.0 as usual
    from initiative_timeline
)
select initiative_id, day, stories, round(coalesce(usual, 0), 2) as usual,
    round(stories / greatest(coalesce(usual, 0), 1), 1) as times
from daily
where stories >= greatest(5, 3 * coalesce(usual, 0))
order by day desc, times desc;
comment on view spikes is 'days on which an initiative had at least five stories and three times its mean of the 28 days before';

create or replace view alert_history as
select s.created_at, s.kind, i.name as initiative, s.severity, a.title, a.outlet, s.verdict, s.verdict_reason,
    n.subscription, n.occasion, d.channel, coalesce(d.state, n.state) as state, d.reason, d.attempts, d.finished_at,
    s.initiative_id, s.article_id, s.signal_id, n.notification_id, d.delivery_id
from signals s
left join initiatives i using (initiative_id)
left join articles a using (article_id)
left join notification_signals ns using (signal_id)
left join notifications n using (notification_id)
left join deliveries d using (notification_id)
where not starts_with(s.initiative_id, 'govwatch-canary')
order by s.created_at desc, s.signal_id, n.subscription, d.channel;
comment on view alert_history is 'one row per signal and delivery: what was worth saying, where it went, and how that ended';

create or replace view article_versions as
with kept as (
    select article_id, 0 as number, first_seen as seen_at, 'published' as finding, '' as reason, title, text, null as difference from articles
    where article_id in (select article_id from follow_ups)
    union all
    select article_id, number, checked_at, finding, reason, title, text, difference from follow_up_checks where text is not null
)
select k.article_id, row_number() over (partition by k.article_id order by k.number) as version, k.number > 0 as changed, k.seen_at,
    k.finding, k.reason, k.title, k.text, k.difference, f.finding as now, a.outlet, a.url
from kept k join follow_ups f using (article_id) join articles a using (article_id)
order by k.article_id, version;
comment on view article_versions is 'one row per kept version of an alerted article: as it was published, and each later one with its difference; now is what the last look found';

create or replace view changed_after_publication as
select c.checked_at, c.article_id, a.outlet, a.title, c.finding, c.reason, nullif(c.title, a.title) as title_now, c.difference,
    round(date_diff('minute', coalesce(a.published, a.first_seen), c.checked_at) / 60, 1) as hours_after, f.initiatives, a.url
from follow_up_checks c join follow_ups f using (article_id) join articles a using (article_id)
where c.finding in ('changed', 'lost', 'withdrawn')
order by c.checked_at desc, c.article_id;
comment on view changed_after_publication is 'one row per change of an alerted article that a look found: other words, a mention that is lost, a page that is gone; hours_after counts from publication';

create or replace view reprints as
select t.original_outlet, a.outlet as carried_by, count(*) as copies, count(distinct s.story_id) as stories,
    min(coalesce(a.published, a.first_seen)) as first_copy, max(coalesce(a.published, a.first_seen)) as last_copy
from story_members s
join stories t using (story_id)
join articles a using (article_id)
where s.article_id <> t.original_article_id
group by all
order by copies desc, original_outlet, carried_by;
comment on view reprints is 'who carried whose text: the outlet credited with a story, and the outlets that printed it too';

create or replace view co_mentions as
with per_story as (
    select distinct coalesce(s.story_id, m.article_id) as story_id, m.initiative_id
    from mentions m left join story_members s using (article_id)
)
select one.initiative_id, other.initiative_id as with_initiative_id, count(*) as stories
from per_story one join per_story other on other.story_id = one.story_id and other.initiative_id > one.initiative_id
group by all
order by stories desc, one.initiative_id, with_initiative_id;
comment on view co_mentions is 'pairs of initiatives, and the stories that mention both';

create or replace view daily_load as
select fetched_at::date as day, kind, outcome, count(*) as tries, sum(bytes) as bytes, quantile_cont(elapsed, 0.5) as median_seconds,
    quantile_cont(elapsed, 0.95) as p95_seconds
from fetches
group by all
order by day desc, kind, tries desc;
comment on view daily_load is 'one row per UTC day, kind and outcome of what was asked from the network';

create or replace macro source_coverage(since, until) as table
    with polled as (
        select source_id, count(*) as polls, count(*) filter (outcome <> 'failed') as answers, arg_max(status, fetched_at) as status,
            arg_max(reason, fetched_at) as reason
        from fetches
        where kind = 'poll' and fetched_at >= since::timestamptz and fetched_at < until::timestamptz
        group by source_id
    ), pages as (
        select source_id, count(*) filter (outcome in ('fetched', 'not_article', 'duplicate')) as pages_read, count(*) filter (outcome = 'failed') as pages_failed
        from fetches
        where kind = 'article' and fetched_at >= since::timestamptz and fetched_at < until::timestamptz
        group by source_id
    )
    select s.source_id, h.name,
        case
            when p.polls is null then 'unasked'
            when p.answers > 0 and not (h.ill and h.state in ('gone', 'failing')) then case when h.ill then 'stale' else 'ok' end
            when p.status in (401, 402, 403, 407, 451) or p.reason like '%robots.txt%' or p.reason like '%not allowed%' then 'blocked'
            else 'failing'
        end as state,
        coalesce(p.polls, 0) as polls, coalesce(p.answers, 0) as answers, coalesce(g.pages_read, 0) as pages_read,
        coalesce(g.pages_failed, 0) as pages_failed, case when state = 'ok' then '' else coalesce(nullif(p.reason, ''), h.reason) end as reason
    from sources s
    join source_health h using (source_id)
    left join polled p using (source_id)
    left join pages g using (source_id)
    where s.configured and s.enabled
    order by s.source_id;
comment on macro table source_coverage is 'how each enabled source was covered from a time up to another, as far as the log of fetches goes back: ok, stale, blocked, failing or unasked, with polls and pages read: from source_coverage(now() - interval 1 day, now())';

create or replace view rule_precision as
with last_words as (
    select distinct on (signal_id, author) signal_id, author, relevant, note, given_at, initiative_id, article_id, rules
    from feedback order by signal_id, author, given_at desc
), spread as (
    select initiative_id, unnest(rules) as rule, article_id, author, relevant, given_at, note from last_words
), by_rule as (
    select initiative_id, rule, article_id, author, arg_max(relevant, given_at) as said_relevant, max(given_at) as given_at,
        arg_max(note, given_at) as note
    from spread group by all
)
select initiative_id, rule, count(*) filter (said_relevant) as relevant, count(*) as judged,
    round(count(*) filter (said_relevant) / count(*), 2) as precision, max(given_at) as last_judged,
    list(distinct note) filter (not said_relevant and note <> '') as complaints
from by_rule
group by initiative_id, rule
order by count(*) filter (not said_relevant) desc, initiative_id, rule;
comment on view rule_precision is 'one row per rule of an initiative whose alerts readers judged: how many they called relevant, and what they said of the others';

create or replace macro coverage(since, until) as table
    select m.initiative_id, count(distinct coalesce(s.story_id, a.article_id)) as stories,
        count(distinct a.article_id) as articles, count(distinct a.outlet) as outlets,
        count(distinct a.country) as countries, list_sort(list(distinct a.language)) as languages,
        arg_min(a.title, coalesce(a.published, a.first_seen)) as first_title
    from mentions m
    join articles a using (article_id)
    left join story_members s using (article_id)
    where coalesce(a.published, a.first_seen) >= since::timestamptz
        and coalesce(a.published, a.first_seen) < until::timestamptz
    group by m.initiative_id
    order by stories desc, m.initiative_id;
comment on macro table coverage is 'what was printed about each initiative from a time up to another: from coverage(''2026-11-01'', ''2026-12-01'')';

create or replace macro recent(days) as table
    select * from articles where coalesce(published, first_seen) > now() - to_days(days::integer) order by published desc;
comment on macro table recent is 'articles of the last days: from recent(7)';

-- What `search` and its index (warehouse/search.py) agree on. Scripts that are written without spaces are taken character
-- by character, and in pairs of neighbours; everything else by the word. The hash is of 26 bits of MD5, which no version
-- of DuckDB changes; what it confuses, the text itself decides.
create or replace macro internal.fold(x) as translate(lower(x), 'µſͅςϐϑϕϖϰϱϵᲀᲁᲂᲃᲄᲅᲆᲇᲈẛι', 'μsισβθφπκρεвдосттъѣꙋṡι');
create or replace macro internal.unspaced(x) as
    regexp_matches(x, '[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]');
create or replace macro internal.tokens(x) as
    regexp_extract_all(internal.fold(x), '[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]|(?:[^\P{L}\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]|[^\P{N}\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]|[^\P{M}\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}])+');
create or replace macro internal.pairs(tokens) as
    list_filter(list_transform(list_zip(tokens, tokens[2:]),
        lambda pair: case when length(pair[1]) = 1 and length(pair[2]) = 1 and pair[1] >= 'ก' and pair[2] >= 'ก' then pair[1] || pair[2] end),
        lambda pair: pair is not null);
create or replace macro internal.term(word) as (md5_number_lower(word) & 67108863)::uinteger;
create or replace macro internal.spaced(x) as
    regexp_replace(x, '(?:[^\p{L}\p{N}\p{M}]|[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}])+', ' ', 'g');
create or replace macro internal.units(words) as
    list_filter(list_transform(regexp_extract_all(internal.fold(words), '"[^"]*"|[^\s"]+'),
        lambda unit: case when internal.unspaced(unit) then trim(unit, '" ') else trim(regexp_replace(unit, '[\p{P}\p{S}\p{Z}\p{C}]+', ' ', 'g')) end), lambda unit: unit <> '');
create or replace macro internal.needle(units, n) as
    list_transform([units[n]], lambda unit: regexp_escape(case when unit is null then '' when internal.unspaced(unit) then unit else split_part(unit, ' ', 1) end))[1];
create or replace macro internal.whole(units, n) as
    list_transform([units[n]], lambda unit: case
        when unit is null then ''
        when internal.unspaced(unit) then replace(regexp_escape(unit), 'i', '[iİ]')
        else '(?:^|[^\p{L}\p{N}\p{M}]|[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}])' || replace(replace(unit, 'i', '[iİ]'), ' ', '(?:[^\p{L}\p{N}\p{M}]|[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}])+') || '(?:[^\p{L}\p{N}\p{M}]|[\x{0e00}-\x{0eff}\x{1000}-\x{109f}\x{1780}-\x{17ff}\x{3040}-\x{30ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]|$)' end)[1];

comment on macro internal.fold is 'a text in small letters, as search() compares it: Greek, Cyrillic and long s in one form each';
comment on macro internal.unspaced is 'whether a text holds characters of a script that is written without spaces';
comment on macro internal.tokens is 'the words of a text, folded; characters of scripts without spaces one by one';
comment on macro internal.pairs is 'pairs of neighbours among tokens of scripts without spaces';
comment on macro internal.term is 'the 26 bits by which the index of search() knows a word';
comment on macro internal.spaced is 'a text with one space for everything that is not a word';
comment on macro internal.units is 'what search() is asked for: words, phrases, runs of scripts without spaces';
comment on macro internal.needle is 'a pattern of letters that every text with the n-th unit holds: quickly tested, in any case';
comment on macro internal.whole is 'the pattern that proves the n-th unit: whole words, whatever stands between those of a phrase';

-- Words of scripts written without spaces match anywhere; other words match whole, in any case; a phrase stands in double
-- quotes; all must occur. The index names the places (runs of 512 articles) where all may stand, the texts there decide;
-- articles that are not indexed yet are all looked at. Patterns are constants (of the macro's argument), so that they are
-- compiled once: for the first two units, and only where these stand for the others. The needle is thirty times as
-- fast as the whole pattern, and turns most texts away; it knows no İ, which is an i here. `place < 0` is never true: a
-- test that names a column of `places` is made after the join by place; before it, DuckDB may unpack all texts. Measured
-- 2026-12, docs/decisions/0009.
create or replace macro search(words) as table
    with asked as materialized (
        select internal.tokens(unit) as tokens, internal.pairs(tokens) as pairs, internal.unspaced(unit) as inside from (select unnest(internal.units(words)) as unit)
    ), terms as materialized (
        select distinct internal.term(word) as term
        from (select unnest(list_filter(tokens || pairs, lambda word: not inside or (internal.unspaced(word) and (length(word) > 1 or len(pairs) = 0)))) as word from asked)
    ), places as (
        select unnest(range(block * 2048 + part * 512, block * 2048 + part * 512 + 512)) as place
        from (
            select block, bit_and(parts) as parts
            from (select term, block, bit_or(parts) as parts from internal.search_terms where term in (select term from terms) group by all)
            group by block
            having count(*) = (select count(*) from terms)
        ), range(4) every_part(part)
        where (parts >> part) & 1 = 1
        union all
        select unnest(range((select coalesce(max(block) + 1, 0) * 2048 from internal.search_blocks), (select max(rowid) + 1 from articles)))
        where exists (from terms)
    )
    select a.article_id, a.published, a.outlet, a.language, a.title,
        substr(a.text, greatest(1, strpos(a.text, regexp_extract(a.text, '(?:^|[\s\p{P}])' || internal.needle(internal.units(words), 1), 0, 'i')) - 80), 200) as excerpt,
        a.url, a.origin
    from places
    join articles a on a.rowid = place
    where (regexp_matches(a.text, internal.needle(internal.units(words), 1), 'i') or regexp_matches(a.title, internal.needle(internal.units(words), 1), 'i')
            or (contains(lower(words), 'i') and contains(concat_ws(chr(10), a.title, a.text), 'İ')) or place < 0)
        and (regexp_matches(concat_ws(chr(10), a.title, a.text), internal.whole(internal.units(words), 1), 'i') or place < 0)
        and (regexp_matches(concat_ws(chr(10), a.title, a.text), internal.whole(internal.units(words), 2), 'i') or place < 0)
        and (regexp_matches(concat_ws(chr(10), a.title, a.text), internal.whole(internal.units(words), 3), 'i') or place < 0)
        and (coalesce(list_bool_and(list_transform(internal.units(words)[4:], lambda unit: case
            when internal.unspaced(unit) then contains(internal.fold(concat_ws(chr(10), a.title, a.text)), unit)
            else contains(' ' || internal.spaced(internal.fold(concat_ws(chr(10), a.title, a.text))) || ' ', ' ' || unit || ' ') end)), true) or place < 0)
    order by coalesce(a.published, a.first_seen) desc;
comment on macro table search is 'articles whose title or text holds all of these words, in any language, the newest first; a phrase stands in double quotes: from search(''"AI Act" treaty'')';

-- How much was missed, by capture and recapture: each way of finding an article (the outlets' own feeds, GDELT, search)
-- is one try to catch it. Some ways catch much more than others, so it is Chao's estimator for tries that differ (model Mt
-- in Chao 1989, "Estimating population size for sparse data in capture-recapture experiments", Biometrics 45), bias-
-- corrected: the products of what each two ways found alone, over what exactly two found (f2). With two ways this is the
-- estimator of Lincoln and Petersen. Variance by the delta method, 95 % interval log-normal (Chao 1987). Chao 2, which
-- takes all ways for equal, held a known truth in none of 1,000 worlds whose ways catch 80, 30 and 10 %; this one in 95 %
-- (tests/warehouse/test_audit.py). A lower bound all the same: articles that no way is likely to see are not counted.
create or replace macro internal.way(kind) as
    case when kind = 'gdelt' then 'gdelt' when kind in ('google_news', 'bing_news') then 'search' else 'feeds' end;
comment on macro internal.way is 'the way of finding articles that a kind of source is: the outlets'' own feeds, GDELT, or searches';

create or replace view miss_audit as
with ways as (
    select url_id, internal.way(kind) as way from sightings
), caught as (
    select f.article_id, list_sort(list(distinct w.way)) as ways
    from frontier f join ways w using (url_id)
    where f.article_id is not null
    group by f.article_id
), weekly as (
    select m.initiative_id, date_trunc('week', a.first_seen)::date as week, count(*) as articles,
        count(*) filter (c.ways = ['feeds']) as feeds_only, count(*) filter (c.ways = ['gdelt']) as gdelt_only,
        count(*) filter (c.ways = ['search']) as search_only, count(*) filter (len(c.ways) > 1) as several_ways,
        count(*) filter (len(c.ways) = 2) as f2, len(list_distinct(flatten(list(c.ways)))) as ways_with_finds
    from (select distinct initiative_id, article_id from mentions) m
    join articles a using (article_id)
    join caught c using (article_id)
    where a.origin = 'live'
    group by all
), estimated as (
    -- A way that found nothing at all says nothing of the others.
    select *, case when ways_with_finds > 1 then (feeds_only * gdelt_only + feeds_only * search_only + gdelt_only * search_only) / (f2 + 1) end as missed,
        missed + (feeds_only * (gdelt_only + search_only) ** 2 + gdelt_only * (feeds_only + search_only) ** 2 + search_only * (feeds_only + gdelt_only) ** 2) / (f2 + 1) ** 2
            + f2 * (missed / (f2 + 1)) ** 2 as variance
    from weekly
), bounded as (
    select *, case when missed > 0 then exp(1.96 * sqrt(ln(1 + variance / missed ** 2))) end as factor
    from estimated
)
select initiative_id, week, articles, feeds_only, gdelt_only, search_only, several_ways, round(missed, 1) as missed,
    round(case when missed > 0 then missed / factor else missed end, 1) as missed_low, round(missed * factor, 1) as missed_high,
    (select count(distinct internal.way(kind)) from sources where configured and enabled) as ways_in_use
from bounded
order by week desc, initiative_id;
comment on view miss_audit is 'one row per initiative and week (of first sight, UTC): articles by the way they were found, and an estimate, with its 95 % interval, of how many were missed; NULL where fewer than two ways found anything; missed_high is NULL where the estimate is 0';

create or replace view outlets_to_add as
select a.outlet, any_value(a.outlet_name) as outlet_name, any_value(a.country) as country, count(distinct a.article_id) as articles,
    count(distinct m.initiative_id) as initiatives, max(a.first_seen) as last_seen, arg_max(a.url, a.first_seen) as last_url
from mentions m
join articles a using (article_id)
where a.origin = 'live' and a.outlet is not null
    and not exists (select 1 from sources s where s.configured and s.enabled and s.outlet = a.outlet and s.kind in ('feed', 'sitemap', 'listing'))
    and exists (select 1 from frontier f join sightings g using (url_id) where f.article_id = a.article_id)
    and not exists (
        select 1 from frontier f join sightings g using (url_id)
        where f.article_id = a.article_id and g.kind in ('feed', 'sitemap', 'listing', 'federal_register'))
group by a.outlet
order by articles desc, last_seen desc, a.outlet;
comment on view outlets_to_add is 'outlets whose articles on an initiative were found by GDELT or search only, and that are no source: add those at the top (govwatch sources find)';

create or replace view stage_times as
with spent as (
    select date_trunc('week', started_at)::date as week, substr(key, 4) as stage, (counts ->> key)::double / 1000 as seconds
    from (select started_at, counts, unnest(json_keys(counts)) as key from runs where kind = 'monitor' and counts is not null)
    where starts_with(key, 'ms_')
)
select week, stage, count(*) as passes, round(median(seconds), 2) as median_seconds,
    round(quantile_cont(seconds, 0.95), 2) as p95_seconds, round(sum(seconds) / 3600, 2) as hours,
    round(median(seconds) / nullif(lag(median(seconds)) over (partition by stage order by week), 0), 2) as times_the_week_before
from spent
group by week, stage
order by week desc, stage;
comment on view stage_times is 'one row per UTC week and stage of a pass: what it takes, and against the week before';

create or replace view growth as
with measured as (
    select day, warehouse_bytes, read_bytes, page_bytes, free_bytes,
        any_value(warehouse_bytes) over week_ago as before, any_value(free_bytes) over week_ago as free_before
    from sizes
    window week_ago as (order by day range between interval 7 days preceding and interval 7 days preceding)
)
select day, warehouse_bytes, read_bytes, page_bytes, free_bytes, warehouse_bytes - before as grown_in_a_week,
    round(free_bytes / nullif(greatest(free_before - free_bytes, 0), 0), 1) as weeks_left
from measured
order by day desc;
comment on view growth is 'one row per UTC day: sizes of the files, by how much the warehouse grew within a week, and in how many weeks the disk is full at the pace of the last one';

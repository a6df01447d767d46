-- Versions of alerted articles, what was compared, and what their signals say beyond their kind.

alter table signals add column reason varchar default '';
comment on column signals.reason is 'in a few words what the kind alone does not say, as the first line of a message has it: "third story today, usual is 0.4"';
alter table signals add column detail varchar default '';
comment on column signals.detail is 'a sentence or two more: what a correction changed';
comment on column signals.kind is 'first_mention, new_story, new_outlet, new_figure, spike or correction';
comment on column signals.scope is 'what is new: the story, the outlet, the figure, the day of a burst, the article with its change; empty for a first mention';

alter table notifications add column thread varchar;
comment on column notifications.thread is 'group_key of the message that it belongs to, in mail and chat; NULL when it begins a conversation of its own';

create table follow_ups(
    article_id    bigint primary key,
    url           varchar not null,
    initiatives   varchar[] not null,
    alerted_at    timestamptz not null,
    checks        integer not null,
    next_check    timestamptz,
    last_check    timestamptz,
    finding       varchar,
    reason        varchar not null,
    etag          varchar,
    last_modified varchar
);
comment on table follow_ups is 'one row per article that was alerted: looked at again after an hour, a day and seven days';
comment on column follow_ups.article_id is 'the article';
comment on column follow_ups.url is 'where it is looked for';
comment on column follow_ups.initiatives is 'what it was alerted for, and is still believed to mention';
comment on column follow_ups.alerted_at is 'when it was first alerted';
comment on column follow_ups.checks is 'how often it was looked at again';
comment on column follow_ups.next_check is 'when it is looked at next; NULL after the last time';
comment on column follow_ups.last_check is 'when it was last looked at';
comment on column follow_ups.finding is 'what the last look found, as in follow_up_checks; withdrawn means that the page is gone, the article stays';
comment on column follow_ups.reason is 'why, in one sentence';
comment on column follow_ups.etag is 'validator for the next conditional request';
comment on column follow_ups.last_modified is 'validator for the next conditional request, as the server wrote it';

create table follow_up_checks(
    article_id bigint not null,
    number     integer not null,
    checked_at timestamptz not null,
    finding    varchar not null,
    reason     varchar not null,
    status     smallint,
    title      varchar,
    text       varchar using compression zstd,
    difference varchar,
    run_id     varchar,
    primary key (article_id, number)
);
comment on table follow_up_checks is 'one row per look at an alerted article: what was compared, and the later words where they differ';
comment on column follow_up_checks.article_id is 'the article';
comment on column follow_up_checks.number is 'counts the looks at it, from 1';
comment on column follow_up_checks.checked_at is 'when';
comment on column follow_up_checks.finding is 'unchanged, trifle (counters and times), changed, lost (no longer mentions an initiative), missing (404, or sent home: looked at once more), withdrawn, or unreadable';
comment on column follow_up_checks.reason is 'why, in one sentence';
comment on column follow_up_checks.status is 'HTTP status, where there was an answer';
comment on column follow_up_checks.title is 'the later headline; NULL when nothing but trifles differs';
comment on column follow_up_checks.text is 'the later text; NULL when nothing but trifles differs';
comment on column follow_up_checks.difference is 'how it differs from the version before, a line per passage';
comment on column follow_up_checks.run_id is 'the pass that looked';

-- What was worth saying, which messages that made, and how each was delivered. Facts are only inserted; states change in
-- signals (its verdict), notifications, deliveries, silences and channel_health. No foreign keys: tests check references.

create table signals(
    signal_id         varchar primary key,
    kind              varchar not null,
    initiative_id     varchar not null,
    scope             varchar not null,
    story_id          bigint not null,
    article_id        bigint not null,
    severity          tinyint not null,
    language          varchar,
    country           varchar,
    outlet            varchar not null,
    tier              tinyint,
    first_in_language boolean not null,
    catch_up          boolean not null,
    facts             json not null,
    occurred_at       timestamptz not null,
    run_id            varchar not null,
    created_at        timestamptz not null,
    verdict           varchar,
    verdict_reason    varchar,
    routed_at         timestamptz
);
comment on table signals is 'one row per thing worth saying, written in the transaction of its mention; seeds, archives and first looks make none';
comment on column signals.signal_id is 'hash of kind, initiative and scope: the same thing is said once';
comment on column signals.kind is 'first_mention, new_story or new_outlet';
comment on column signals.initiative_id is 'the initiative';
comment on column signals.scope is 'the story or the outlet that is new; empty for a first mention';
comment on column signals.story_id is 'the story, as it was when the signal was made';
comment on column signals.article_id is 'the article that is shown as evidence';
comment on column signals.severity is '0 info, 1 notice, 2 high';
comment on column signals.language is 'of the article';
comment on column signals.country is 'of the outlet';
comment on column signals.outlet is 'domain of the outlet';
comment on column signals.tier is 'tier of the outlet';
comment on column signals.first_in_language is 'nothing in this language mentioned the initiative before';
comment on column signals.catch_up is 'too late for an alert: digests only';
comment on column signals.facts is 'the evidence as it was: title, url, sentence, surface, times';
comment on column signals.occurred_at is 'publication of the article; when it was seen, if that is not known';
comment on column signals.run_id is 'the pass that loaded the article';
comment on column signals.created_at is 'when it was stored';
comment on column signals.verdict is 'queued, no_subscriber, inhibited or silenced; NULL until it is routed';
comment on column signals.verdict_reason is 'why, by subscription';
comment on column signals.routed_at is 'when it was routed';

create table notifications(
    notification_id varchar primary key,
    subscription    varchar not null,
    group_key       varchar not null,
    seq             integer not null,
    occasion        varchar not null,
    severity        tinyint not null,
    state           varchar not null,
    state_reason    varchar not null default '',
    created_at      timestamptz not null,
    flush_at        timestamptz not null,
    expires_at      timestamptz,
    sealed_at       timestamptz,
    summary         json
);
comment on table notifications is 'one row per message to one subscription: open (gathers signals until flush_at), sealed (its words are frozen), done, or dropped';
comment on column notifications.notification_id is 'hash of subscription, group_key and seq; its first eight digits are the reference in the message';
comment on column notifications.subscription is 'name in alerts.yaml';
comment on column notifications.group_key is 'what it gathers: initiative/story, digest/date, held/time, flood/hour, first_look/run';
comment on column notifications.seq is 'counts the messages of one subscription and group_key, from 1';
comment on column notifications.occasion is 'story, held (quiet hours), flood, digest, first_look or notice';
comment on column notifications.severity is 'the highest of its signals';
comment on column notifications.state is 'open, sealed, done or dropped';
comment on column notifications.state_reason is 'why it was dropped';
comment on column notifications.created_at is 'when its first signal was routed';
comment on column notifications.flush_at is 'when it is due';
comment on column notifications.expires_at is 'after this its signals go into the digest; NULL for what never expires';
comment on column notifications.sealed_at is 'when its words were frozen';
comment on column notifications.summary is 'heading and items of a message that is not made of signals';

create table notification_signals(
    notification_id varchar not null,
    signal_id       varchar not null,
    position        integer not null,
    left_out        varchar,
    primary key (notification_id, signal_id)
);
comment on table notification_signals is 'which signals a message tells';
comment on column notification_signals.notification_id is 'the message';
comment on column notification_signals.signal_id is 'the signal';
comment on column notification_signals.position is 'order of arrival, from 0';
comment on column notification_signals.left_out is 'why it was taken out before sealing: a silence, or too late; else NULL';

create table deliveries(
    delivery_id     varchar primary key,
    notification_id varchar not null,
    channel         varchar not null,
    state           varchar not null,
    reason          varchar not null default '',
    attempts        integer not null default 0,
    next_attempt_at timestamptz,
    lease_owner     varchar,
    lease_until     timestamptz,
    created_at      timestamptz not null,
    first_try       timestamptz,
    finished_at     timestamptz,
    payload         json not null,
    payload_hash    varchar not null
);
comment on table deliveries is 'one row per message and channel, with its frozen words';
comment on column deliveries.delivery_id is 'hash of notification and channel: the idempotency key of every attempt (Message-ID, Idempotency-Key)';
comment on column deliveries.notification_id is 'the message';
comment on column deliveries.channel is 'name in alerts.yaml';
comment on column deliveries.state is 'pending, sending (leased), retry, unknown (may have arrived; tried again), held (channel failing), sent, dead or cancelled';
comment on column deliveries.reason is 'why, in one sentence, without secrets';
comment on column deliveries.attempts is 'attempts begun';
comment on column deliveries.next_attempt_at is 'not tried again before';
comment on column deliveries.lease_owner is 'the dispatcher that has it';
comment on column deliveries.lease_until is 'nobody else takes it before';
comment on column deliveries.created_at is 'when the message was sealed';
comment on column deliveries.first_try is 'when the first attempt began';
comment on column deliveries.finished_at is 'when it became sent, dead or cancelled';
comment on column deliveries.payload is 'the frozen words: subject, body, html, data';
comment on column deliveries.payload_hash is 'SHA-256 of payload: equal for all attempts';

create table delivery_signals(
    delivery_id varchar not null,
    signal_id   varchar not null,
    primary key (delivery_id, signal_id)
);
comment on table delivery_signals is 'which signals the words of a delivery tell: those of its message that the channel did not know yet';
comment on column delivery_signals.delivery_id is 'the delivery';
comment on column delivery_signals.signal_id is 'the signal';

create table attempts(
    delivery_id  varchar not null,
    attempt      integer not null,
    owner        varchar not null,
    started_at   timestamptz not null,
    ended_at     timestamptz not null,
    result       varchar not null,
    code         integer,
    detail       varchar not null,
    payload_hash varchar not null,
    primary key (delivery_id, attempt)
);
comment on table attempts is 'one row per attempt to deliver: the receipts';
comment on column attempts.delivery_id is 'the delivery';
comment on column attempts.attempt is 'counted from 1';
comment on column attempts.owner is 'the dispatcher that tried';
comment on column attempts.started_at is 'begin of the attempt';
comment on column attempts.ended_at is 'end of the attempt';
comment on column attempts.result is 'accepted (the next hop took it, no more), transient, permanent or unknown';
comment on column attempts.code is 'HTTP or SMTP status, where one was seen';
comment on column attempts.detail is 'one sentence, without secrets';
comment on column attempts.payload_hash is 'of the words that were sent';

create table told(
    subscription varchar not null,
    channel      varchar not null,
    signal_id    varchar not null,
    delivery_id  varchar not null,
    told_at      timestamptz not null,
    primary key (subscription, channel, signal_id)
);
comment on table told is 'what each channel already knows; kept for ever, or a silence would end by forgetting';
comment on column told.subscription is 'name in alerts.yaml';
comment on column told.channel is 'name in alerts.yaml';
comment on column told.signal_id is 'the signal';
comment on column told.delivery_id is 'the delivery that told it';
comment on column told.told_at is 'when the next hop accepted it';

create table silences(
    silence_id varchar primary key,
    matchers   json not null,
    mode       varchar not null,
    author     varchar not null,
    comment    varchar not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null
);
comment on table silences is 'what operators silenced by command; those of alerts.yaml stand there';
comment on column silences.silence_id is 'short identity';
comment on column silences.matchers is 'what is silenced: initiatives, languages, outlets, tiers, countries, kinds, min_severity';
comment on column silences.mode is 'drop, or digest: told in the next digest';
comment on column silences.author is 'who silenced it';
comment on column silences.comment is 'why';
comment on column silences.starts_at is 'from';
comment on column silences.ends_at is 'until, exclusive';

create table channel_health(
    channel   varchar primary key,
    circuit   varchar not null,
    failures  integer not null,
    opened_at timestamptz,
    probe_at  timestamptz,
    last_ok   timestamptz,
    last_code integer
);
comment on table channel_health is 'how each channel has been doing';
comment on column channel_health.channel is 'name in alerts.yaml';
comment on column channel_health.circuit is 'closed (works), open (fails: messages are held) or half_open (one message is on its way to see)';
comment on column channel_health.failures is 'failures in a row; a permanent one counts twice';
comment on column channel_health.opened_at is 'when the circuit opened';
comment on column channel_health.probe_at is 'when an open circuit lets one message through';
comment on column channel_health.last_ok is 'when a message was last accepted';
comment on column channel_health.last_code is 'HTTP or SMTP status of the last answer';

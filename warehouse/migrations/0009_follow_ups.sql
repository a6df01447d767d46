-- Versions of alerted articles, what was compared, and what their signals say beyond their kind.

alter table signals add column reason varchar default '';
comment on column signals.reason is 'in a few words what the kind alone does not say, as the first line of a message has it: "third story today, usual is 0.4"';
alter table signals add column detail varchar default '';
comment on column signals.detail is 'a sentence or two more: what a correction changed';
comment on column signals.kind is 'first_mention, new_story, new_outlet, new_figure, spike or correction';
comment on column signals.scope is 'what is new: the story, the outlet, the figure, the day of a burst, the article with its change; empty for a first mention';

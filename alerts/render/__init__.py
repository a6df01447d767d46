"""From content to the words of one channel: each format escapes what comes from the web, and fits its limit.

It never cuts inside markup or inside a link: whole items go from the end, then sentences, then headlines are shortened.
"""

from __future__ import annotations

from alerts.content import Content
from alerts.render import chat, mail, plain, webhook
from records.alert import Payload
from records.subscription import Channel, Format

_STYLES = {
    Format.PLAIN: plain.Plain(),
    Format.MARKDOWN: chat.Markdown(),
    Format.DISCORD: chat.Discord(),
    Format.SLACK: chat.Slack(),
    Format.TELEGRAM: chat.Telegram(),
    Format.UNMARKED: chat.Unmarked(),
    Format.IRC: plain.OneLine(),
}


def render(content: Content, channel: Channel) -> Payload:
    """Return the words that ``channel`` gets, at most 90 % of its limit."""
    if channel.format is Format.MAIL:
        return mail.render(content)
    if channel.format is Format.JSON:
        return webhook.render(content)
    return Payload(subject="", body=plain.fit(content, _STYLES[channel.format], channel.limit * 9 // 10))


__all__ = ["render"]

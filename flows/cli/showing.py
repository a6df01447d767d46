"""How one alert's chain looks on a terminal: from the signal over its routing to the words that were sent.

It only prints; what it prints was stored when it happened.
"""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.text import Text

from flows.cli.status import ago
from warehouse.chain import Attempt, Chain, Journey
from warehouse.messages import Told

_INK = {"sent": "green", "accepted": "green", "dead": "red", "permanent": "red"}


def show(chain: Chain, now: datetime, out: Console) -> None:
    """Print ``chain`` from its signals to the words of each channel; the same words are printed once."""
    out.print("Signals" if chain.signals else "No signal: this message was not made of news", style="bold")
    for signal in chain.signals:
        _signal(signal, out)
    said: set[tuple[str, str]] = set()
    for journey in chain.journeys:
        _journey(journey, now, out)
        words = (journey.subject, journey.body)
        if journey.body and words not in said:
            said.add(words)
            _words(journey, out)
        elif journey.body:
            out.print("  the same words as above", style="dim")


def _signal(signal: Told, out: Console) -> None:
    _line(out, f"  {signal.reference}  {signal.kind} of {signal.initiative_id}, {_time(signal.occurred_at)}")
    for text in (signal.title, signal.url, f"“{signal.sentence}”" if signal.sentence else ""):
        if text:
            _line(out, f"             {text}")
    reason = f": {signal.verdict_reason}" if signal.verdict_reason else ""
    _line(out, f"             routed as {signal.verdict or 'nothing yet'}{reason}")


def _journey(journey: Journey, now: datetime, out: Console) -> None:
    message = journey.message
    out.print()
    to = f" to {message.channel}" if message.channel else ""
    heading = Text(f"Message {message.reference} for {message.subscription}{to}: ", style="bold")
    heading.append(message.state, style=_INK.get(message.state, "yellow"))
    out.print(heading, soft_wrap=True)
    _line(out, f"  {message.occasion}, group {journey.group}")
    sealed = (
        f"sealed {_time(journey.sealed)}" if journey.sealed else f"due {_time(journey.due)} ({ago(journey.due, now)})"
    )
    _line(out, f"  opened {_time(message.created_at)}, {sealed}")
    if message.reason:
        _line(out, f"  {message.reason}")
    for attempt in journey.attempts:
        out.print(_attempt(attempt), soft_wrap=True)
    if journey.next_attempt is not None:
        _line(out, f"  next attempt {_time(journey.next_attempt)} ({ago(journey.next_attempt, now)})")
    if journey.told:
        _line(out, f"  told: {', '.join(journey.told)}")


def _attempt(attempt: Attempt) -> Text:
    took = (attempt.ended - attempt.started).total_seconds()
    line = Text(f"  attempt {attempt.number}  {_time(attempt.started)}  {took:.1f} s  ")
    line.append(attempt.result, style=_INK.get(attempt.result, "yellow"))
    code = "" if str(attempt.code) in attempt.detail else attempt.code
    return line.append("".join(f" {part}" for part in (code, attempt.detail) if part))


def _words(journey: Journey, out: Console) -> None:
    out.print(f"  words, frozen (SHA-256 {journey.payload_hash[:12]}…):", style="dim", markup=False)
    text = "\n".join(part for part in (journey.subject, journey.body) if part)
    for line in text.splitlines():
        _line(out, f"    {line}".rstrip())


def _line(out: Console, text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"

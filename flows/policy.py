"""How `settings.yaml` reads for the fetcher."""

from __future__ import annotations

from config.load import Configuration
from extractors.policy import Policy


def policy_of(configuration: Configuration) -> Policy:
    """Return how the fetcher behaves, as `settings.yaml` says."""
    network = configuration.settings.network
    return Policy(
        user_agent=network.user_agent,
        per_host_delay=network.per_host_delay.total_seconds(),
        per_host_concurrency=network.per_host_connections,
        total_concurrency=network.connections,
        total_timeout=network.timeout.total_seconds(),
        max_bytes=network.max_page_bytes,
        allow_private_hosts=network.allow_private_hosts,
        # A host that asks for more is met at the next pass: its rest must not hold this one.
        longest_rest=10.0,
    )

"""One DuckDB file: articles, stories, mentions, signals, and the state that lets a pass be killed at any instant.

This package owns every SQL text of govwatch. It never reads the network, decides what a text means, or reads a clock.
"""

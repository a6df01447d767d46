"""Bytes to records: parsers, matchers and groupers, pure but for `extractors.http`.

Nothing here touches the warehouse, sends anything or reads configuration.
"""

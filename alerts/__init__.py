"""Decide, write, send: which mentions are worth a message, what it says, and handing it to the reader's channel.

Deciding and writing are pure. Nothing here opens the warehouse: storage is an `Outbox` that the caller passes in.
"""

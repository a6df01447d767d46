"""The nouns of govwatch: frozen, slotted dataclasses that every package shares.

This package is a leaf: it imports the standard library only, does no I/O and reads no clock.
"""

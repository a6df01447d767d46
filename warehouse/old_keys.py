"""Keys of older members: a few hashes of each, in buckets that one look-up fetches and upkeep writes anew.

It never decides what is worth a look (`warehouse.stories` does) and keeps no key of a recent member.

A bucket is one row: the hashes that end in the same bits, for the hashes of a key are the smallest of a text's, so that
their first bits are much alike and their last ones are not. Its entries are packed (six bytes each: the hash's first 16
bits, then the member's arrival number). Their *marks*, one byte each, stand in a column of their own, in cells: those
whose hashes have the next few bits in common, too. A bucket's number says how many buckets there are, and its marks how
many cells it has; `add` takes as many of both as keep a cell small.

What costs time is every block of 256 kB that a look-up touches, and one of a few hundred hashes touches them all. So
`find` reads the marks first, a seventh of the whole, and then the entries of those few buckets where a mark fits in the
cell. More buckets cost time, too, as each row is passed over (26 ms of processor for four million), and so do fewer, as
each that is read is read with its neighbours (measured 2026-12).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse.database import Connection, append, rows

KEPT = 8
"""Hashes that an older member keeps. Asked by 24, they find all but one in 200 of the copies that 24 find (2026-12)."""

_BITS = 16  # that name a bucket, at least: an entry holds the other bits of its hash
_CELLS = 4  # further bits that name a cell, at most: a row is read with the 2,047 beside it, and so has to be short
_FULL = 6  # keys in a cell, on average, from which there are twice as many: one mark in 254 fits by chance
_EDGE = b"\xff"  # between two cells; no mark has this value
_ASKED = 3000  # buckets in one question; with more, DuckDB would read the whole table (see `StoredNeighbours`)
_SLICES = 16  # parts in which buckets are written: bounds the memory that upkeep takes
_ENTRY = np.dtype([("first", "<u2"), ("number", "<u4")])
_SIZE = _ENTRY.itemsize

Key = tuple[int, int]
"""A hash, unsigned 32 bits, and its mark (0: not known)."""

_Numbers = npt.NDArray[np.uint32]
_Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Found:
    """The older members that one hash leads to, by arrival number.

    Attributes:
        sure: those whose mark is the same, too.
        unsure: those whose mark, or that of the hash, is not known: among millions, some have the hash by chance.
    """

    sure: tuple[int, ...]
    unsure: tuple[int, ...]


def find(con: Connection, keys: Collection[Key]) -> dict[Key, Found]:
    """Return the older members that each of these hashes leads to; hashes without any are left out.

    Args:
        con: may be inside a transaction, whose own rows are then seen.
        keys: hashes with their marks.
    """
    bits = _bits(con) if keys else None
    if bits is None:
        return {}
    bucket_of = {key: _bucket(key[0], bits) for key in keys}
    marks = _column(con, "marks", set(bucket_of.values()))
    fitting: dict[Key, list[tuple[int, bool]]] = {}
    for key, bucket in bucket_of.items():
        if at := _fitting(marks.get(bucket, b""), key, bits):
            fitting[key] = at
    entries = _column(con, "entries", {bucket_of[key] for key in fitting})
    found = {}
    for key, at in fitting.items():
        packed, first = entries[bucket_of[key]], (key[0] >> 16).to_bytes(2, "little")
        same = [(_number(packed, i), sure) for i, sure in at if packed.startswith(first, i * _SIZE)]
        if same:
            found[key] = Found(tuple(n for n, sure in same if sure), tuple(n for n, sure in same if not sure))
    return found


def of_member(con: Connection, number: int) -> tuple[Key, ...]:
    """Return the hashes of one older member, ascending, with their marks; reads all buckets: for explanations."""
    key: list[Key] = []
    for buckets in _slices(_bits(con) or _BITS):
        hashes, marks, numbers = _unpacked(_stored(con, buckets))
        at = np.flatnonzero(numbers == number)
        key += zip(hashes[at].tolist(), marks[at].tolist(), strict=True)
    return tuple(sorted(key))


def add(con: Connection, table: str, most: int) -> None:
    """Add the keys that ``table`` holds (columns ``hash``, ``mark`` and ``number``), and write all buckets anew.

    Args:
        con: inside the caller's transaction.
        table: its name.
        most: members that one hash leads to; those that come after are not found by it.
    """
    old = f"(select coalesce(sum(octet_length(entries)), 0) // {_SIZE} from internal.old_keys)"
    bits, cells = _sizes(int(rows(con, f"select {old} + (select count(*) from {table})")[0][0]))
    before = _bits(con) or bits
    for buckets in _slices(before):
        first, last = (bucket - (1 << before) for bucket in (buckets[0], buckets[-1]))
        asked = f"select hash, mark, number from {table} where hash & {(1 << before) - 1} between $1 and $2"
        added = con.execute(asked, [first, last]).fetchnumpy()
        hashes, marks, numbers = _unpacked(_stored(con, buckets))
        hashes, numbers = (
            np.concatenate([there, np.asarray(added[name]).astype(np.uint32)])
            for there, name in ((hashes, "hash"), (numbers, "number"))
        )
        marks = np.concatenate([marks, np.asarray(added["mark"]).astype(np.uint8)])
        con.execute("delete from internal.old_keys where bucket between $1 and $2", [buckets[0], buckets[-1]])
        written = _packed(hashes, marks, numbers, (bits, cells), most)
        append(con, "internal.old_keys", ("bucket", "marks", "entries"), written)


def _bits(con: Connection) -> int | None:
    """How many bits name a bucket; None while there is none."""
    found = rows(con, "select bucket from internal.old_keys limit 1")
    return int(found[0][0]).bit_length() - 1 if found else None


def _sizes(keys: int) -> tuple[int, int]:
    """How many bits name a bucket, and how many further ones a cell, among so many keys."""
    bits = max(_BITS, (keys // _FULL).bit_length())
    return max(_BITS, bits - _CELLS), min(bits - _BITS, _CELLS)


def _bucket(h: int, bits: int) -> int:
    return (1 << bits) | (h & ((1 << bits) - 1))


def _slices(bits: int) -> list[range]:
    """The numbers of all buckets, in parts."""
    size = (1 << bits) // _SLICES
    return [range(begin, begin + size) for begin in range(1 << bits, 2 << bits, size)]


def _column(con: Connection, name: str, buckets: Collection[int]) -> dict[int, bytes]:
    """One column of these buckets; in order, so that each question reads its own part of the table."""
    wanted = sorted(buckets)
    asked = f"select bucket, {name} from internal.old_keys where bucket in (select unnest($1::integer[]))"
    found: dict[int, bytes] = {}
    for begin in range(0, len(wanted), _ASKED):
        found.update(rows(con, asked, [wanted[begin : begin + _ASKED]]))
    return found


def _fitting(marks: bytes, key: Key, bits: int) -> list[tuple[int, bool]]:
    """The places of the entries that may be the key's, and whether the mark is the reason; else one is not known."""
    cells = marks.split(_EDGE)
    cell = (key[0] >> bits) & (len(cells) - 1)
    begin = sum(map(len, cells[:cell]))
    same = enumerate(cells[cell], begin)
    return [(i, bool(mark and key[1])) for i, mark in same if mark == key[1] or not (mark and key[1])]


def _number(packed: bytes, i: int) -> int:
    return int.from_bytes(packed[i * _SIZE + 2 : (i + 1) * _SIZE], "little")


def _stored(con: Connection, buckets: range) -> list[tuple[Any, ...]]:
    asked = "select bucket, marks, entries from internal.old_keys where bucket between $1 and $2"
    return rows(con, asked, [buckets[0], buckets[-1]])


def _unpacked(stored: Sequence[tuple[Any, ...]]) -> tuple[_Numbers, _Marks, _Numbers]:
    """The hash, the mark and the member of each entry."""
    marks = np.frombuffer(b"".join(row[1] for row in stored).replace(_EDGE, b""), np.uint8)
    entries = np.frombuffer(b"".join(row[2] for row in stored), _ENTRY)
    sizes = [len(row[2]) // _SIZE for row in stored]
    lasts = np.array([row[0] & 0xFFFF for row in stored], np.uint32).repeat(sizes)
    return (entries["first"].astype(np.uint32) << np.uint32(16)) | lasts, marks, entries["number"]


def _packed(
    hashes: _Numbers, marks: _Marks, numbers: _Numbers, sizes: tuple[int, int], most: int
) -> Iterable[tuple[int, bytes, bytes]]:
    bits, cells = sizes
    cell = ((hashes & np.uint32((1 << bits) - 1)) << np.uint32(cells)) | (
        (hashes >> np.uint32(bits)) & np.uint32((1 << cells) - 1)
    )
    order = np.lexsort((numbers, hashes, cell))
    order = order[_rank(hashes[order]) < most]
    cell = cell[order]
    entries = np.empty(order.size, _ENTRY)
    entries["first"], entries["number"] = hashes[order] >> np.uint32(16), numbers[order]
    known, packed = marks[order].tobytes(), entries.tobytes()
    buckets = np.unique(cell >> np.uint32(cells))
    edges = (buckets[:, np.newaxis] << np.uint32(cells)) + np.arange((1 << cells) + 1, dtype=np.uint32)
    for bucket, at in zip(buckets.tolist(), np.searchsorted(cell, edges).tolist(), strict=True):
        together = _EDGE.join(known[begin:end] for begin, end in pairwise(at))
        yield (1 << bits) | bucket, together, packed[at[0] * _SIZE : at[-1] * _SIZE]


def _rank(values: _Numbers) -> npt.NDArray[np.intp]:
    """How many equal ones stand before each, in order."""
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, values.size), bool), values[1:] != values[:-1]]))
    return np.asarray(np.arange(values.size) - np.repeat(begins, np.diff(np.append(begins, values.size))))

"""Keys of older members: a few hashes of each, in buckets that one look-up fetches and upkeep writes anew.

It never decides what is worth a look (`warehouse.stories` does) and keeps no key of a recent member.

A bucket holds the hashes that end in the same 16 bits, as one row: the hashes of a key are the smallest of a text's, so
their first bits are much alike and their last ones are not. Its entries are packed (six bytes each: the hash's first 16
bits, then the member's arrival number) and sorted. A look-up of a thousand hashes touches a thousand rows of 65,536,
however many members there are; a table of one row per hash, sorted, reads as much and costs more at each checkpoint,
for its row groups are a hundred times as many. Eight hundred hashes take 2 ms of processor at 10,000 members, 32 at a
million and 310 at ten million, where a bucket holds 7 kB (all measured 2026-11).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse.database import Connection, append, rows

KEPT = 8
"""Hashes that an older member keeps; two of them must be shared, since among millions one is shared by chance."""

_BUCKETS = 1 << 16
_SLICE = _BUCKETS // 16  # buckets written at once: bounds the memory that upkeep takes
_ENTRY = np.dtype([("first", "<u2"), ("number", "<u4")])

_Numbers = npt.NDArray[np.uint32]


def find(con: Connection, hashes: Collection[int]) -> dict[int, list[int]]:
    """Return the older members that each of these hashes leads to, by arrival number; hashes without any are left out.

    Args:
        con: may be inside a transaction, whose own rows are then seen.
        hashes: unsigned 32 bits each.
    """
    if not hashes:
        return {}
    found: dict[int, list[int]] = {}
    asked = sorted(hashes, key=_bucket)
    wanted = [bucket for bucket, _ in groupby(asked, _bucket)]
    stored = rows(
        con, "select bucket, entries from internal.old_keys where bucket in (select unnest($1::integer[]))", [wanted]
    )
    buckets = dict(stored)
    for bucket, together in groupby(asked, _bucket):
        if bucket in buckets:
            entries = np.frombuffer(buckets[bucket], _ENTRY)
            firsts = entries["first"].copy()  # contiguous, for the search
            for h in together:
                begin, end = np.searchsorted(firsts, [h >> 16, (h >> 16) + 1]).tolist()
                if begin < end:
                    found[h] = entries["number"][begin:end].tolist()
    return found


def of_member(con: Connection, number: int) -> tuple[int, ...]:
    """Return the key of one older member, ascending; it looks through all buckets: for explanations."""
    key = []
    for begin in range(0, _BUCKETS, _SLICE):
        buckets, firsts, numbers = _unpacked(_stored(con, begin))
        at = np.flatnonzero(numbers == number)
        key += ((firsts[at].astype(np.uint32) << np.uint32(16)) | buckets[at]).tolist()
    return tuple(sorted(key))


def add(con: Connection, table: str, most: int) -> None:
    """Add the keys that ``table`` holds (columns ``hash`` and ``number``), and write all buckets anew.

    Args:
        con: inside the caller's transaction.
        table: its name.
        most: members that one hash leads to; those that come after are not found by it.
    """
    for begin in range(0, _BUCKETS, _SLICE):
        asked = f"select hash, number from {table} where hash & {_BUCKETS - 1} between $1 and $2"
        added = con.execute(asked, [begin, begin + _SLICE - 1]).fetchnumpy()
        hashes, new = (np.asarray(added[name]).astype(np.uint32) for name in ("hash", "number"))
        if not hashes.size:
            continue
        buckets, firsts, numbers = _unpacked(_stored(con, begin))
        buckets = np.concatenate([buckets, hashes & np.uint32(_BUCKETS - 1)])
        firsts = np.concatenate([firsts, (hashes >> np.uint32(16)).astype(np.uint16)])
        numbers = np.concatenate([numbers, new])
        con.execute("delete from internal.old_keys where bucket between $1 and $2", [begin, begin + _SLICE - 1])
        append(con, "internal.old_keys", ("bucket", "entries"), _packed(buckets, firsts, numbers, most))


def _bucket(h: int) -> int:
    return h & (_BUCKETS - 1)


def _stored(con: Connection, begin: int) -> list[tuple[Any, ...]]:
    asked = "select bucket, entries from internal.old_keys where bucket between $1 and $2"
    return rows(con, asked, [begin, begin + _SLICE - 1])


def _unpacked(stored: Sequence[tuple[Any, ...]]) -> tuple[_Numbers, npt.NDArray[np.uint16], _Numbers]:
    """The bucket, the first bits and the member of each entry."""
    entries = np.frombuffer(b"".join(packed for _, packed in stored), _ENTRY)
    sizes = [len(packed) // _ENTRY.itemsize for _, packed in stored]
    buckets = np.repeat(np.array([bucket for bucket, _ in stored], np.uint32), sizes)
    return buckets, entries["first"], entries["number"]


def _packed(
    buckets: _Numbers, firsts: npt.NDArray[np.uint16], numbers: _Numbers, most: int
) -> Iterable[tuple[int, bytes]]:
    order = np.lexsort((numbers, firsts, buckets))
    buckets, firsts, numbers = buckets[order], firsts[order], numbers[order]
    hashes = (buckets.astype(np.uint64) << np.uint64(16)) | firsts
    begins = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    rank = np.arange(hashes.size) - np.repeat(begins, np.diff(np.append(begins, hashes.size)))
    kept = rank < most
    buckets = buckets[kept]
    entries = np.empty(buckets.size, _ENTRY)
    entries["first"], entries["number"] = firsts[kept], numbers[kept]
    edges = np.append(np.flatnonzero(np.concatenate([[True], buckets[1:] != buckets[:-1]])), buckets.size).tolist()
    for begin, end in pairwise(edges):
        yield int(buckets[begin]), entries[begin:end].tobytes()

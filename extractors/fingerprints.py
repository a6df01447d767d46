"""Fingerprints: the few hundred bytes by which the copies of a text are recognised without reading it again.

It never decides that two texts are copies (`extractors.stories` does), and what it keeps holds hashes only: no word and
no sentence can be read back from it, so the fingerprints of a corpus can be published where its texts cannot.

Two layers, both made of the hashes of overlapping runs of tokens (shingles). The *key* finds candidates: 24 of the
smallest hashes of 5-token shingles, a bottom-k sample (Broder, "On the resemblance and containment of documents",
1997), two of them from the beginning of the text. The *sketch* verifies them: a third of the 3-token shingles, chosen
by hash so that two texts choose alike, in text order.
Chinese, Japanese, Thai and the other scripts written without spaces take one token per character and longer shingles.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import xxhash

from records.story import Fingerprint

KEY_SIZE = 24
"""Hashes in the candidate key: 99.4 % of real copies share two or more with another copy (16: 99.2 %; 2026-11)."""

KEY_OF_LEDE, LEDE = 2, 40
"""Hashes of the key that are the smallest of the first so many tokens: a stub is mostly the beginning of its article,
and would share no hash with a long one. Of stubs of an eighth, 93 % are found instead of 87 % (2026-12)."""

KEY_SPAN, KEY_SPAN_CJK = 5, 8
"""Tokens in a shingle of the key: words, and characters of a script without spaces."""

SKETCH_SPAN, SKETCH_SPAN_CJK = 3, 5
"""Tokens in a shingle of the sketch: short, so that a copy-edited passage still shows half of them."""

SKETCH_SHARE = 3
"""One shingle in this many is kept in the sketch: with two bytes each, two thirds of a byte per token."""

SHORT = 30
"""Tokens below which the title counts as text: two stubs ("Read more") are the same only under the same title."""

MOST = 20_000
"""Tokens that key and sketch are made of, from the beginning: longer texts (laws, reports) are told apart by these."""

_MARK_VALUES = 254  # different marks: 0 says "not known", and 255 is left to those who store them
_LONGEST_TOKEN = 64  # characters; what is longer is no word, and is cut into several tokens

_Hashes = npt.NDArray[np.uint64]

# A shingle is hashed as a polynomial over its tokens' hashes, then mixed; the constants are those of splitmix64
# (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). They are part of the stored format.
_FACTOR = 0x9E3779B97F4A7C15
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SALT_KEY, _SALT_SKETCH = np.uint64(0x2545F4914F6CDD1D), np.uint64(0xD6E8FEB86659FD93)

# Scripts written without spaces between words: one token per character. Thai, Lao, Burmese, Khmer; kana, bopomofo;
# Han with its extensions; what NFKC leaves of compatibility forms. Hangul has spaces, so it is not here.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_TOKEN = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]{{1,{_LONGEST_TOKEN}}}")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_DIGIT = re.compile(r"\d")
# Apostrophes go ("don't", "don’t" and "dont" are one word), and so does what readers cannot see. So do the marks that
# Indic and Semitic scripts write on their letters: to `re` they are no part of a word, and would cut it to pieces.
_MARKS = "".join(
    chr(code)
    for code in range(0x300, 0x10000)
    if unicodedata.category(chr(code)) in ("Mn", "Mc") and not _IS_UNSPACED.match(chr(code))
)
_NOTHING = re.compile(f"['\u2018\u2019\u02bc\uff07`\u00b4\u00ad\u200b-\u200f\u2060\ufeff{_MARKS}]")
# UTF-8 read as Windows-1252 ("â€œItâ€™s"): runs of what the bytes 0x80-0xFF become under that code page.
_CP1252 = bytes(range(0x80, 0x100)).decode("cp1252", "replace").replace("\ufffd", "")
_MOJIBAKE = re.compile(f"[{re.escape(_CP1252)}\x81\x8d\x8f\x90\x9d]{{2,}}")
_CP1252_BYTES = {ord(c): c.encode("cp1252") for c in _CP1252} | {b: bytes([b]) for b in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def fingerprint(title: str, text: str) -> Fingerprint:
    """Return the fingerprint of an article.

    Pure and deterministic on every machine, so that stored fingerprints stay comparable for years; about a millisecond
    for a text of 1,000 words. Case, punctuation, typography, invisible characters, Unicode forms and mojibake make no
    difference. An empty article has an empty key: it is nobody's copy.

    Args:
        title: the headline; empty when unknown.
        text: the article's text; empty when there is none.
    """
    words = tokens(text)
    heading = tokens(title)
    if len(words) < SHORT:
        words = heading + words
    hashes, unspaced, numeric = _hash(words)
    text_hash = xxhash.xxh3_64_intdigest(hashes.tobytes()) >> 1
    hashes, unspaced, numeric = hashes[:MOST], unspaced[:MOST], numeric[:MOST]
    shingles, marks = _key(hashes, unspaced, text_hash)
    return Fingerprint(
        text_hash=text_hash,
        shingles=shingles,
        sketch=_sketch(hashes, unspaced, numeric),
        title=tuple(dict.fromkeys((_hash(heading)[0] >> np.uint64(32)).tolist())),
        cjk=bool(unspaced.size and unspaced.mean() > 0.5),
        marks=marks,
    )


def tokens(text: str) -> list[str]:
    """Return the words of ``text``, and the single characters of scripts that are written without spaces.

    Folded so that copies agree: NFKC, case folding, mojibake repaired, apostrophes and invisible characters dropped.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _MOJIBAKE.sub(_repaired, text))
    return _TOKEN.findall(_NOTHING.sub("", text.casefold()))


def _repaired(run: re.Match[str]) -> str:
    """Undo "UTF-8 read as Windows-1252" where that gives valid UTF-8; chance makes that of a real text very rarely."""
    try:
        return run[0].translate(_TO_LATIN).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return run[0]


_TO_LATIN = {code: data[0] for code, data in _CP1252_BYTES.items()}


@lru_cache(maxsize=1 << 16)
def _facts(token: str) -> tuple[int, bool, bool]:
    """Hash of a token, whether its script has no spaces, whether it shows a number."""
    digest = xxhash.xxh3_64_intdigest(token.encode("utf-8", "surrogatepass"))
    return digest, _IS_UNSPACED.match(token) is not None, _DIGIT.search(token) is not None


def _hash(words: list[str]) -> tuple[_Hashes, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    facts = [_facts(word) for word in words]
    hashes = np.fromiter((f[0] for f in facts), np.uint64, len(facts))
    return (
        hashes,
        np.fromiter((f[1] for f in facts), bool, len(facts)),
        np.fromiter((f[2] for f in facts), bool, len(facts)),
    )


def _shingled(hashes: _Hashes, span: int, salt: np.uint64) -> _Hashes:
    """Hash each run of ``span`` tokens; the result has one entry per starting position, none for incomplete runs."""
    count = max(0, hashes.size - span + 1)
    total = np.zeros(count, np.uint64)
    for offset in range(span):
        total = total * np.uint64(_FACTOR) + hashes[offset : offset + count]
    total ^= salt
    total = (total ^ (total >> np.uint64(30))) * _MIX_1
    total = (total ^ (total >> np.uint64(27))) * _MIX_2
    return total ^ (total >> np.uint64(31))


def _by_script(
    hashes: _Hashes, unspaced: npt.NDArray[np.bool_], spans: tuple[int, int], salt: np.uint64
) -> tuple[_Hashes, npt.NDArray[np.intp]]:
    """Shingles in text order with their starts: the script of a shingle's first token decides its length.

    So a Chinese text keeps its shingles when an outlet adds as much English to it.
    """
    words, characters = (_shingled(hashes, span, salt) for span in spans)
    at_words = np.flatnonzero(~unspaced[: words.size])
    at_characters = np.flatnonzero(unspaced[: characters.size])
    starts = np.concatenate([at_words, at_characters])
    order = np.argsort(starts, kind="stable")
    return np.concatenate([words[at_words], characters[at_characters]])[order], starts[order]


def _key(hashes: _Hashes, unspaced: npt.NDArray[np.bool_], text_hash: int) -> tuple[tuple[int, ...], bytes]:
    """Some of the smallest hashes, each with a mark: hashes crowd in the lowest part of their range, marks do not."""
    shingles, starts = _by_script(hashes, unspaced, (KEY_SPAN, KEY_SPAN_CJK), _SALT_KEY)
    if shingles.size == 0:  # too short for one shingle: only the very same words are a copy
        return ((text_hash & 0xFFFFFFFF,), bytes([1 + (text_hash >> 32) % _MARK_VALUES])) if hashes.size else ((), b"")
    lede = np.unique(shingles[starts < LEDE])[:KEY_OF_LEDE]
    smallest = np.unique(shingles)[:KEY_SIZE]
    others = smallest[~np.isin(smallest, lede)][: KEY_SIZE - lede.size]
    ordered = np.sort(np.concatenate([lede, others]))
    key, at = np.unique((ordered >> np.uint64(32)).astype(np.uint32), return_index=True)
    marks = 1 + (ordered[at] & np.uint64(0xFFFFFFFF)) % np.uint64(_MARK_VALUES)
    return tuple(key.tolist()), marks.astype(np.uint8).tobytes()


def _sketch(hashes: _Hashes, unspaced: npt.NDArray[np.bool_], numeric: npt.NDArray[np.bool_]) -> bytes:
    """Pack the sample: little-endian uint16 each, 15 bits of hash above one bit that says "holds a number"."""
    shingles, starts = _by_script(hashes, unspaced, (SKETCH_SPAN, SKETCH_SPAN_CJK), _SALT_SKETCH)
    chosen = shingles % np.uint64(SKETCH_SHARE) == 0
    shingles, starts = shingles[chosen], starts[chosen]
    counted = np.concatenate([[0], np.cumsum(numeric)])
    spans = np.where(unspaced[starts], SKETCH_SPAN_CJK, SKETCH_SPAN)
    with_number = counted[starts + spans] > counted[starts]
    packed = ((shingles >> np.uint64(48)).astype(np.uint16) & np.uint16(0xFFFE)) | with_number.astype(np.uint16)
    return bytes(packed.astype("<u2").tobytes())


# ---- shipping -----------------------------------------------------------------------------------------------------

_FORMAT = 2
_WITHOUT_MARKS = 1  # lines of before 2026-12 are still read
_HEAD = struct.Struct("<BBQHHI")


def encode(value: Fingerprint) -> str:
    """Return ``value`` as one line of base64 (URL-safe alphabet): for configuration, JSON and YAML."""
    head = _HEAD.pack(_FORMAT, value.cjk, value.text_hash, len(value.shingles), len(value.title), len(value.sketch))
    numbers = np.array([*value.shingles, *value.title], "<u4").tobytes()
    body = head + numbers + value.sketch + (value.marks or bytes(len(value.shingles)))
    return base64.urlsafe_b64encode(body + struct.pack("<I", xxhash.xxh32_intdigest(body))).decode()


def decode(line: str) -> Fingerprint:
    """Return the fingerprint that `encode` wrote.

    Raises:
        ValueError: the line was cut or changed, or another version of govwatch's format wrote it.
    """
    try:
        data = base64.b64decode("".join(line.split()), altchars=b"-_", validate=True)
        body, check = data[:-4], struct.unpack("<I", data[-4:])[0]
        if xxhash.xxh32_intdigest(body) != check:
            raise ValueError("its check sum does not fit")
        version, cjk, text_hash, shingles, title, sketch = _HEAD.unpack_from(body)
    except (binascii.Error, struct.error, ValueError) as error:
        raise ValueError(f"not a fingerprint ({error}) | the whole line that `encode` wrote") from error
    begin = _HEAD.size + 4 * (shingles + title)
    end = begin + sketch
    if version not in (_FORMAT, _WITHOUT_MARKS) or len(body) != end + (shingles if version == _FORMAT else 0):
        raise ValueError(f"a fingerprint of format {version} | format {_FORMAT}: make it again from the text")
    numbers = np.frombuffer(body, "<u4", shingles + title, _HEAD.size).tolist()
    keys, heading = tuple(numbers[:shingles]), tuple(numbers[shingles:])
    marks = body[end:] if any(body[end:]) else b""
    return Fingerprint(text_hash, keys, body[begin:end], heading, bool(cjk), marks)

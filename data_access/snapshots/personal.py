"""Where personal data stops: keyed hashes, e-mail domains, and texts cleared of persons.

Everything here happens between the shop's cursor and the first byte that is written.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data_access.snapshots.identity import canonical, is_blank

HASH_BYTES = 16
"""128 bits: no two of a billion different values are expected to share a hash."""

HASHING = 2
"""Raised with every change of what is hashed: older hashes are then another key's, so that the
next refresh reads everything and the event store is filled anew."""

GONE = "[removed]"

# Applied in this order: an address of a page may hold a mail address, a mail address digits.
_PATTERNS = (
    r"(?i)\b(?:https?://|www\.)\S+",
    r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+",
    r"(?:\+|\b00)[\d][\d\s./()\-]{5,}\d",  # international telephone numbers
    r"\(?\b0\d[\d\s./()\-]{4,}\d",  # national ones
    r"\d{7,}",  # customer numbers, parcels, any long run of digits
    r"\b\d(?:[\s./\-]?\d){8,}\b",  # cards and accounts in groups; a date has eight digits
)
_MINIMAL_NAME = 2
"""Letters of a name's part that is worth removing; a single letter would hit every text."""
_MOST_PARTS = 40
"""Words and lines of a writer's name and address. Each is looked for at every letter of the text,
so where somebody typed a novel for an address, the whole text goes."""


def hashed(values: pa.Array[Any], key: bytes, purpose: str) -> pa.Array[Any]:
    """Keyed hash of each text, 32 hexadecimal digits; null of what is unknown (`identity`).

    The purpose keeps kinds of values apart that could otherwise be joined by mistake; equal
    values of one purpose link, which is what the hash is for.
    """
    encoded = values.dictionary_encode()
    person = purpose.encode()[:16]
    blake = hashlib.blake2b
    plain = [
        None if text is None else canonical(text, purpose)
        for text in encoded.dictionary.to_pylist()
    ]
    words = [
        None
        if text is None
        else blake(text.encode(), key=key, digest_size=HASH_BYTES, person=person).hexdigest()
        for text in plain
    ]
    return pc.take(pa.array(words, type=pa.string()), encoded.indices)


def known(values: pa.Array[Any]) -> pa.Array[Any]:
    """The texts, null where there is nothing to be seen: blank is unknown and equals nothing."""
    encoded = values.dictionary_encode()
    texts = [
        None if text is None or is_blank(text) else text for text in encoded.dictionary.to_pylist()
    ]
    if len(texts) == sum(text is not None for text in texts):
        return values
    return pc.take(pa.array(texts, type=values.type), encoded.indices)


def email_domains(emails: pa.Array[Any]) -> pa.Array[Any]:
    """The part after the last @ in lower case; null where there is none."""
    found = pc.extract_regex(emails, r"@(?P<domain>[^@\s]+?)\s*$")
    domains: pa.Array[Any] = pc.utf8_lower(pc.struct_field(found, "domain"))
    return domains


def cleared(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Free text without addresses of mail and pages, telephone numbers and long numbers."""
    if texts.null_count == len(texts):
        return texts
    for pattern in _PATTERNS:
        texts = pc.replace_substring_regex(texts, pattern, GONE)
    return texts


def cleaned(texts: pa.Array[Any], names: pa.Array[Any], addresses: pa.Array[Any]) -> pa.Array[Any]:
    """Free text without addresses, telephone numbers, long numbers and its writer's name.

    Parameters
    ----------
    texts : free text, may be null.
    names, addresses : of the writer of each text; null where unknown.
    """
    result = cleared(texts)
    if names.null_count == len(names) and addresses.null_count == len(addresses):
        return result
    writers = zip(result.to_pylist(), names.to_pylist(), addresses.to_pylist(), strict=True)
    return pa.array([_without_writer(*writer) for writer in writers], type=pa.string())


def _without_writer(text: str | None, name: str | None, address: str | None) -> str | None:
    if not text:
        return text
    lowered = text.lower()
    # An address is removed line by line, a name word by word: "Ada" alone still names her.
    words = re.split(r"[\s.,;\-]+", name or "")
    lines = [line.strip() for line in re.split(r"[,;\n]+", address or "")]
    if len(words) + len(lines) > _MOST_PARTS:
        return GONE
    found = {p for p in (*words, *lines) if len(p) >= _MINIMAL_NAME and p.lower() in lowered}
    if not found:
        return text
    alternatives = "|".join(re.escape(p) for p in sorted(found, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{alternatives})(?!\w)", GONE, text, flags=re.IGNORECASE)


def key_mark(key: bytes) -> str:
    """Eight bytes that tell two keys (or ways of hashing) apart and reveal neither."""
    mark = b"shopsight key mark %d" % HASHING
    return hashlib.blake2b(mark, key=key, digest_size=8).hexdigest()

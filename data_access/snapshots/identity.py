"""What of a device, card, address or IP is hashed: the same thing in the same spelling, or nothing.

Equal hashes link orders, so a value that stands for nothing must have none, and one thing written
in six ways must have one. Extraction, the event store and the API all hash by this module.
"""

from __future__ import annotations

import ipaddress
import unicodedata

SPELLED = frozenset({"email", "address"})
"""Purposes whose values people type: case and spaces do not tell two of them apart."""

LINKING = frozenset({"device", "card", "address", "ip"})
"""Purposes that link orders: a word for nothing would link those that have nothing in common."""

LINK_PREFIX = 64
"""Bits of an IPv6 address that one connection holds; it chooses the others as it likes."""

_NOTHING = frozenset(
    {
        *("undefined", "null", "none", "nil", "nan", "na", "n/a", "n.a.", "unknown", "unset"),
        *("empty", "missing", "anonymous", "default", "not available", "not applicable"),
        *("not set", "(not set)", "no device", "no address", "unbekannt", "inconnu"),
    }
)
"""What programs and forms write where they know nothing. Other values that link unrelated orders
are found by how many accounts they join (`placeholders`)."""

_SIGNS = str.maketrans("", "", "-_:.,;/\\?*#+ {}()[]<>|'\"")
_FILLERS = ("0", "f", "x")
"""A device id or a fingerprint of nothing but one of these is one that nobody filled in."""
_FILLED = 4  # of them at least; a single zero is enough


def fold(text: str) -> str:
    """The text without outer blanks and without what cannot be seen; single spaces inside."""
    if not (text.isascii() and text.isprintable()):
        spaced = " ".join(unicodedata.normalize("NFC", text).split())
        text = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


def is_blank(text: str) -> bool:
    """Whether nothing can be seen of the text."""
    return not fold(text)


def canonical(text: str, purpose: str) -> str | None:
    """The text as it is hashed for a purpose; None where it stands for nothing.

    Addresses on the net are compared as numbers: IPv4 whole, also where it is written in IPv6,
    IPv6 by its network of 64 bits.
    """
    folded = fold(text)
    if purpose in SPELLED:
        folded = folded.lower()
    if purpose in LINKING and _stands_for_nothing(folded):
        return None
    return (_network(folded) if purpose == "ip" else folded) or None


def _stands_for_nothing(text: str) -> bool:
    word = text.lower()
    signs = word.translate(_SIGNS)
    filled = any(set(signs) == {one} for one in _FILLERS)
    return not signs or word in _NOTHING or (filled and (signs[0] == "0" or len(signs) >= _FILLED))


def _network(text: str) -> str | None:
    # A zone ("%eth0") and brackets belong to the way there, not to the address.
    bare = text.strip("[]").split("%")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return text.lower()
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_unspecified:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, LINK_PREFIX), strict=False))

"""Which encoding a CSV file is in: UTF-8, or the Windows one of western Europe; else refused."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from data_access.sources.imports.refusal import ImportRefused, Offence

CHUNK_BYTES = 4 * 1024**2
_ESCAPED = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_UNDEFINED_IN_1252 = frozenset("\udc81\udc8d\udc8f\udc90\udc9d")
_AS_UTF_8 = "Save the file as “CSV UTF-8” and import it again."


def detect(path: Path) -> str:
    """``"utf-8-sig"`` (a mark at the start or none) or ``"cp1252"``, which contains Latin-1.

    A file that is not UTF-8 is taken as Windows-1252 when it holds more foreign bytes than
    UTF-8 sequences; a UTF-8 file with some broken bytes, UTF-16 and NUL bytes are refused with
    the row.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    row, broken, sound = 1, 0, 0
    first: Offence | None = None
    undefined: Offence | None = None
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ImportRefused(f"{path.name} is UTF-16", remedy=_AS_UTF_8)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            if (nul := chunk.find(b"\x00")) >= 0:
                line = row + chunk.count(b"\n", 0, nul)
                offence = Offence(row=line, column="?", value="“\\x00”", reason="is a NUL byte")
                raise ImportRefused(
                    f"{path.name}: line {line} holds a NUL byte; this is no text",
                    remedy=_AS_UTF_8,
                    offences=(offence,),
                )
            decoded = decoder.decode(chunk)
            if not decoded.isascii():
                escaped = list(_ESCAPED.finditer(decoded))
                broken += len(escaped)
                sound += len(_NOT_ASCII.findall(decoded)) - len(escaped)
                if escaped and first is None:
                    first = _offence(row, decoded, escaped[0].start())
                if undefined is None:
                    for match in escaped:
                        if match.group() in _UNDEFINED_IN_1252:
                            undefined = _offence(row, decoded, match.start())
                            break
            row += decoded.count("\n")
    if decoder.decode(b"", final=True):
        broken += 1
    if not broken:
        return "utf-8-sig"
    if undefined is None and broken > sound:
        return "cp1252"
    culprit = first if broken <= sound else undefined
    where = f"; line {culprit.row}: {culprit.value}" if culprit else ""
    raise ImportRefused(
        f"{path.name} is neither UTF-8 nor Windows-1252{where}",
        remedy=_AS_UTF_8,
        offences=(culprit,) if culprit else (),
    )


def _offence(row: int, decoded: str, position: int) -> Offence:
    around = decoded[max(0, position - 20) : position + 20].splitlines()
    byte = ord(decoded[position]) - 0xDC00
    piece = " ".join(around).encode("ascii", "replace").decode()
    return Offence(
        row=row + decoded.count("\n", 0, position),
        column="?",
        value=f"“{piece}”",
        reason=f"holds the byte 0x{byte:02X}, which cannot be decoded",
    )

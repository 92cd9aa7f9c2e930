"""Values that several routers speak of: instants, texts, and the numbers of rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

LARGEST_ROW = 2**31 - 1
"""What every database holds as the number of a row; a larger one cannot even be asked for."""


_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""NUL, and halves of characters: JSON can write them, not every database can keep them."""


def _kept(value: str) -> str:
    if _UNKEPT.search(value):
        raise ValueError("holds characters that cannot be kept")
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""Of an answer: instants are naive UTC inside, and say so outside."""

FreeText = Annotated[str, AfterValidator(_kept)]
"""What somebody wrote; give it a length of its own."""

RowId = Annotated[int, Field(ge=1, le=LARGEST_ROW)]
RowVersion = Annotated[int, Field(ge=0, le=LARGEST_ROW)]
"""Of a row as last read; a stale one is refused."""

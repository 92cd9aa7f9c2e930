"""Values that several routers speak of: instants, and the numbers of rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

LARGEST_ROW = 2**31 - 1
"""What every database holds as the number of a row; a larger one cannot even be asked for."""


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""Of an answer: instants are naive UTC inside, and say so outside."""

RowId = Annotated[int, Field(ge=1, le=LARGEST_ROW)]
RowVersion = Annotated[int, Field(ge=0, le=LARGEST_ROW)]
"""Of a row as last read; a stale one is refused."""

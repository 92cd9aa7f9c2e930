"""Values of the shop as the types of the canonical columns: read whole, or refused by name.

A database may hold anything under a canonical name, and a view most of all. Nothing is rounded or
cut to fit: what a type cannot hold is refused, whichever engine it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data_access.errors import DataError

_MIDNIGHT = r"^([ T]00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?)?$"
"""What may follow the day in a text that is to be a day."""


def of_texts(column: pa.Array[Any], field: pa.Field[Any], name: str) -> pa.Array[Any]:
    """A column as SQLite keeps it (days and instants are texts there) in the field's type."""
    try:
        if pa.types.is_date(field.type) and pa.types.is_string(column.type):
            return _days(column, name)
        return pc.cast(column, field.type)
    except pa.ArrowInvalid as error:
        raise unreadable(f"{name}: {error}") from error


def of_values(values: Sequence[Any], field: pa.Field[Any], name: str) -> pa.Array[Any]:
    """A column of Python values, as a server's driver gives them, in the field's type."""
    try:
        if pa.types.is_string(field.type):
            return pa.array(_texts(values, name), type=field.type)
        # Typed by what they are first: given the type at once, pyarrow cuts 2.5 down to 2.
        found = pa.array(values)
        if pa.types.is_temporal(field.type) and not _is_temporal(found.type):
            raise _not_cast(name, found.type, "an instant or a day")
        if pa.types.is_date(field.type) and pa.types.is_timestamp(found.type):
            return _days(pc.strftime(found, "%Y-%m-%d %H:%M:%S"), name)
        if not pa.types.is_temporal(field.type) and pa.types.is_temporal(found.type):
            raise _not_cast(name, found.type, "a number")
        return pc.cast(found, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise unreadable(f"{name}: {error}") from error


def unreadable(detail: str) -> DataError:
    """The refusal of a value, which names the column."""
    return DataError(
        f"The shop database holds a value that cannot be read: {detail}.",
        remedy="Correct the value in the shop or in its view, or load it again with the import "
        "command. Units are whole numbers, money whole ten-thousandths of the currency.",
    )


def _texts(values: Sequence[Any], name: str) -> Sequence[Any]:
    # Not written out here: live reads look codes up in the database, as texts.
    for value in values:
        if value is not None and not isinstance(value, str):
            column = name.split(".")[-1]
            raise DataError(
                f"The shop database has {_kind(value)} in {name}, where a text belongs.",
                remedy=f"Write it as a text in the view: cast(… as text) as {column}.",
            )
    return values


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a yes or no"
    if isinstance(value, int | float):
        return "a number"
    return "an instant or a day" if isinstance(value, date | datetime) else type(value).__name__


def _days(texts: pa.Array[Any], name: str) -> pa.Array[Any]:
    later = pc.utf8_slice_codeunits(texts, 10, 100)
    whole = pc.match_substring_regex(later, _MIDNIGHT)
    if not pc.all(whole, min_count=0).as_py():
        bad = texts.filter(pc.invert(whole))[0].as_py()
        raise unreadable(f"{name}: {bad} is a moment of a day, where a whole day belongs")
    return pc.cast(pc.utf8_slice_codeunits(texts, 0, 10), pa.date32())


def _is_temporal(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_date, pa.types.is_timestamp, pa.types.is_string, pa.types.is_null)
    )


def _not_cast(name: str, kind: pa.DataType, wanted: str) -> DataError:
    return unreadable(f"{name}: {kind} values, where {wanted} belongs")

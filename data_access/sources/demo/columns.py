"""Arrow columns from numbers, without a Python object for each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data_access.sources.demo.calendar import DAY

MONEY = 10_000
NONE = np.iinfo(np.int64).min
"""Stands for 'no instant' or 'no number' in integer columns; becomes null."""


def codes(prefix: str, numbers: NDArray[np.integer], width: int) -> pa.Array:
    """Codes such as ``P000123``; negative numbers become null."""
    n = len(numbers)
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    text = np.empty((n, len(head) + width), dtype=np.uint8)
    text[:, : len(head)] = head
    rest = np.maximum(np.asarray(numbers, dtype=np.int64), 0)
    for place in range(len(head) + width - 1, len(head) - 1, -1):
        text[:, place] = rest % 10 + 48
        rest = rest // 10
    length = len(head) + width
    offsets = np.arange(0, (n + 1) * length, length, dtype=np.int32)
    array = pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(text))
    absent = np.asarray(numbers) < 0
    if absent.any():
        return pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), array)
    return array


def words(choices: Sequence[str | None], index: NDArray[np.integer]) -> pa.Array:
    """The chosen words; a negative index becomes null."""
    place = pa.array(np.asarray(index, dtype=np.int64))
    if len(index) and index.min() < 0:
        place = pc.if_else(pc.less(place, 0), pa.scalar(None, pa.int64()), place)
    return pa.array(choices, pa.string()).take(place)


def stamps(instant: NDArray[np.integer]) -> pa.Array:
    """Timestamps of microseconds; ``NONE`` becomes null."""
    values = np.asarray(instant, dtype=np.int64)
    absent = values == NONE
    mask = absent if absent.any() else None
    return pa.array(values, pa.int64(), mask=mask).cast(pa.timestamp("us"))


def dates(day: NDArray[np.integer]) -> pa.Array:
    """Dates of day numbers; ``NONE`` becomes null."""
    values = np.asarray(day, dtype=np.int64)
    absent = values == NONE
    mask = absent if absent.any() else None
    return pa.array(np.where(absent, 0, values).astype(np.int32), mask=mask).cast(pa.date32())


def numbers(value: NDArray[np.integer]) -> pa.Array:
    """Whole numbers; ``NONE`` becomes null."""
    values = np.asarray(value, dtype=np.int64)
    absent = values == NONE
    return pa.array(values, mask=absent if absent.any() else None)


def day_of(instant: NDArray[np.integer]) -> NDArray[np.int64]:
    """Day number of UTC microseconds (UTC, for rough spans only)."""
    return np.asarray(instant) // DAY


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts put together row by row."""
    return pc.binary_join_element_wise(*parts, "")


def as_text(value: NDArray[np.integer]) -> pa.Array:
    return pa.array(value).cast(pa.string())


def to_cents(amount: NDArray[np.floating]) -> NDArray[np.int64]:
    """Ten-thousandths rounded to whole cents."""
    return np.rint(np.asarray(amount) / 100).astype(np.int64) * 100


def pa_floats(value: NDArray[np.floating]) -> pa.Array:
    return pa.array(np.asarray(value, dtype=np.float64))

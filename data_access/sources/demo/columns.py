"""Arrow columns from numbers, without a Python object for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Arrow: TypeAlias = Any
"""An Arrow array. Its published types know too little of `pyarrow.compute` to be of use here."""

MONEY = 10_000
NONE = np.iinfo(np.int64).min
"""Stands for 'no instant' or 'no number' in integer columns; becomes null."""


def codes(prefix: str, numbers: NDArray[np.integer], width: int) -> Arrow:
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
    array = pa.StringArray.from_buffers(n, pa.py_buffer(offsets.data), pa.py_buffer(text.data))
    absent = np.asarray(numbers) < 0
    if absent.any():
        return pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), array)
    return array


def words(choices: Sequence[str | None], index: NDArray[np.integer]) -> Arrow:
    """The chosen words; a negative index becomes null."""
    place = np.asarray(index, dtype=np.int64)
    absent = place < 0
    return chosen(pa.array(choices, pa.string()), place, absent if absent.any() else None)


def chosen(
    array: Arrow, index: NDArray[np.integer], absent: NDArray[np.bool_] | None = None
) -> Arrow:
    """Elements at the given places; null where ``absent``."""
    return array.take(pa.array(np.asarray(index, dtype=np.int64), mask=absent))


def repeated(text: str, n: int) -> Arrow:
    """The same text in each row."""
    return pa.repeat(pa.scalar(text, pa.string()), n)


def stamps(instant: NDArray[np.integer]) -> Arrow:
    """Timestamps of microseconds; ``NONE`` becomes null."""
    values = np.asarray(instant, dtype=np.int64)
    absent = values == NONE
    mask = absent if absent.any() else None
    return pa.array(values, pa.int64(), mask=mask).cast(pa.timestamp("us"))


def dates(day: NDArray[np.integer]) -> Arrow:
    """Dates of day numbers; ``NONE`` becomes null."""
    values = np.asarray(day, dtype=np.int64)
    absent = values == NONE
    mask = absent if absent.any() else None
    return pa.array(np.where(absent, 0, values).astype(np.int32), mask=mask).cast(pa.date32())


def numbers(value: NDArray[np.integer]) -> Arrow:
    """Whole numbers; ``NONE`` becomes null."""
    values = np.asarray(value, dtype=np.int64)
    absent = values == NONE
    return pa.array(values, mask=absent if absent.any() else None)


def joined(*parts: Arrow | str) -> Arrow:
    """Texts put together row by row."""
    join: Any = pc.binary_join_element_wise
    return join(*parts, "")


def as_text(value: NDArray[np.integer]) -> Arrow:
    return pa.array(value).cast(pa.string())


def to_cents(amount: NDArray[np.floating]) -> NDArray[np.int64]:
    """Ten-thousandths rounded to whole cents."""
    return np.rint(np.asarray(amount) / 100).astype(np.int64) * 100


def pa_floats(value: NDArray[np.floating]) -> Arrow:
    return pa.array(np.asarray(value, dtype=np.float64))

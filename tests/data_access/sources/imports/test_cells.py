"""Cells are read exactly, or refused with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.sources.imports import cells
from data_access.sources.imports.refusal import ImportRefused, Offences


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2.55", 25_500), (2.55, 25_500), ("0.001", 10), (-11062.06, -110_620_600), (3, 30_000),
     (np.float64(0.1 + 0.2), 3_000), ("1E2", 1_000_000), ("  4.10 ", 41_000)],
)  # fmt: skip
def test_money_becomes_ten_thousandths(value: object, expected: int) -> None:
    assert cells.money(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [("2,55", "no number"), ("£2.55", "no number"), ("1_000", "no number"), ("0.00001", "four"),
     (0.00001, "four"), ("1e400", "beyond"), ("inf", "no number"), (float("inf"), "no number"),
     (True, "no number"), ("=1+1", "no number"), ("9" * 5000, "beyond")],
)  # fmt: skip
def test_what_is_no_money_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cells.money(value)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_money_survives_text_and_float_without_loss(amount: int) -> None:
    sign = "-" if amount < 0 else ""
    text = f"{sign}{abs(amount) // 10_000}.{abs(amount) % 10_000:04d}"

    assert cells.money(text) == amount
    assert cells.money(float(text)) == amount


def test_codes_keep_their_case_and_lose_the_decimal_of_a_number_column() -> None:
    assert cells.code(17850.0) == "17850"
    assert cells.code(" 85123a ") == "85123a"
    assert cells.code(71053) == "71053"


def test_units_must_be_whole_and_within_32_bit() -> None:
    assert cells.whole("-12.0") == -12
    with pytest.raises(ValueError, match="not whole"):
        cells.whole("1.5")
    with pytest.raises(ValueError, match="beyond"):
        cells.whole("99999999999")


def _instants(*values: object) -> list[object]:
    offences = Offences("a.csv")
    series = pd.Series(list(values), dtype=object)
    read = cells.parsed(series, cells.instant_reader(series), offences, column="at")
    offences.refuse_if_any()
    return list(read)


def test_slashed_dates_are_read_in_the_only_order_that_fits_all_of_them() -> None:
    assert _instants("12/1/2010 8:26", "12/13/2010 9:00")[0] == datetime(2010, 12, 1, 8, 26)
    assert _instants("12/1/2010 8:26", "13/12/2010 9:00")[0] == datetime(2010, 1, 12, 8, 26)


def test_slashed_dates_that_fit_both_orders_are_refused_rather_than_guessed() -> None:
    with pytest.raises(ImportRefused, match=r"row 2, at: “1/2/2010 8:26” may be day/month"):
        _instants("1/2/2010 8:26", "3/4/2010 9:00")


def test_instants_with_an_offset_become_utc() -> None:
    assert cells.instant("2026-03-01T14:30:00+01:00") == datetime(2026, 3, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2010-13-01", "yesterday", 40513.35, "0001-01-01", "1/1/1900"])
def test_what_is_no_instant_of_a_shop_is_refused(value: object) -> None:
    with pytest.raises(ImportRefused):
        _instants(value)


def test_british_summer_time_is_an_hour_ahead_of_utc_and_an_hour_shown_twice_is_the_first() -> None:
    local = pd.Series([datetime(2011, 6, 1, 12), datetime(2011, 10, 30, 1, 30)], dtype=object)

    assert cells.to_utc(local, "Europe/London").tolist() == [
        pd.Timestamp(2011, 6, 1, 11),
        pd.Timestamp(2011, 10, 30, 0, 30),
    ]


def test_days_and_flags() -> None:
    assert cells.day("2026-03-01") == date(2026, 3, 1)
    assert cells.flag("Yes") is True
    assert cells.flag(0) is False
    with pytest.raises(ValueError, match="neither"):
        cells.flag("perhaps")


def test_a_refusal_names_the_first_rows_in_file_order_and_counts_all() -> None:
    offences = Offences("a.csv")
    series = pd.Series(["1", "x", None, "x", "y"], dtype=object)
    cells.parsed(series, cells.whole, offences, column="units")

    with pytest.raises(ImportRefused) as refused:
        offences.refuse_if_any()

    assert "4 cells cannot be used" in str(refused.value)
    found = [(o.row, o.column, o.value) for o in refused.value.offences]
    assert found == [(3, "units", "“x”"), (4, "units", "empty"), (6, "units", "“y”")]
    assert refused.value.remedy


def units(*values: object) -> list[object]:
    offences = Offences("a.csv")
    found = cells.parsed(pd.Series(list(values), dtype=object), cells.whole, offences, column="q")
    offences.refuse_if_any()
    return list(found)


def test_a_point_that_may_separate_thousands_is_refused_with_both_readings() -> None:
    with pytest.raises(ImportRefused, match=r"row 2, q: “1\.000” may be 1000 or 1"):
        units("1.000", "950")
    with pytest.raises(ValueError, match=r"may be 12500 or 12\.5"):
        raise ValueError(cells.two_readings("12.500"))


def test_a_column_that_shows_what_its_point_means_is_read() -> None:
    assert units("1.000", "950.0") == [1, 950]
    assert units(1.0, 950) == [1, 950]
    assert cells.unclear_points(["1.250", "3.20"]) == frozenset()
    assert cells.unclear_points(["1.250", "0.125"]) == frozenset()
    assert cells.unclear_points(["1.250", "1250.125"]) == frozenset()
    assert cells.unclear_points(["1.250", "3", None]) == {"1.250"}

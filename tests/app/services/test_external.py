"""Further columns by day: what is understood, what is refused, kept, switched, brought back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access import AccessDenied
from app.context import Desk
from app.services.forecasting import external, inputs
from app.services.forecasting.external import ExternalError, read
from data_access.state.engine import StaleWriteError
from data_access.state.tables import AuditEntry
from tests.factories.forecasts import ADA, BOB, MANAGER, make_home

FIRST = date(2025, 12, 20)
DAYS = [FIRST + timedelta(days=i) for i in range(30)]


def csv(
    *columns: tuple[str, list[object]], days: list[object] | None = None, sep: str = ","
) -> bytes:
    frame = pd.DataFrame({"day": days or DAYS, **dict(columns)})
    return frame.to_csv(index=False, sep=sep).encode()


TEMPERATURE: tuple[str, list[object]] = ("temperature", [i / 2 for i in range(30)])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = make_home(tmp_path)
    yield desk
    desk.analytics.close()


# ── understanding ──


def test_dates_and_numbers_of_a_csv() -> None:
    found = read(csv(TEMPERATURE), "weather.csv")
    (column,) = found.columns
    assert (column.name, column.first, column.last, column.gaps) == (
        "temperature",
        FIRST,
        DAYS[-1],
        0,
    )
    assert column.values[FIRST + timedelta(days=3)] == 1.5
    assert (found.date_form, found.rows, found.notes) == ("year-month-day", 30, ())


def test_a_german_spreadsheet_with_commas_and_points() -> None:
    days: list[object] = [f"{day:%d.%m.%Y}" for day in DAYS]
    content = csv(("Umsatz", ["1.234,5"] * 29 + ["-2,25"]), days=days, sep=";")
    found = read(content.decode().encode("cp1252"), "plan.csv")
    assert found.date_form == "day.month.year"
    assert found.columns[0].values[FIRST] == 1234.5


def test_american_dates_are_known_by_their_days_beyond_twelve() -> None:
    days: list[object] = [f"{day.month}/{day.day}/{day.year}" for day in DAYS]
    found = read(csv(TEMPERATURE, days=days), "us.csv")
    assert found.date_form == "month/day/year"
    assert list(found.columns[0].values) == DAYS


def test_a_workbook_with_real_dates() -> None:
    buffer = io.BytesIO()
    frame = pd.DataFrame({"day": pd.to_datetime(DAYS), "temperature": range(30)})
    frame.to_excel(buffer, index=False, engine="xlsxwriter")
    found = read(buffer.getvalue(), "weather.xlsx")
    assert list(found.columns[0].values.items())[:2] == [(DAYS[0], 0.0), (DAYS[1], 1.0)]


def test_gaps_and_columns_without_change_are_told() -> None:
    cells: list[object] = ["1"] * 30
    cells[5] = ""
    found = read(csv(("flat", cells)), "x.csv")
    assert found.columns[0].gaps == 1
    assert found.notes == (
        "“flat” has no value on 1 of 30 days; a week is the mean of the days that have one.",
        "“flat” is the same on every day, so nothing can be learned from it.",
    )


def test_hostile_names_are_kept_as_plain_text_without_what_cannot_be_seen() -> None:
    name = "<script>alert(1)</script>\u202e \u0000\t=cmd()"
    found = read(csv((name.replace("\u0000", ""), TEMPERATURE[1])), "../../e\u202evil<b>.csv")
    assert found.columns[0].name == "<script>alert(1)</script> =cmd()"
    assert found.file_name == "../../evil<b>.csv"


def test_the_template_names_its_columns_and_is_refused_while_empty() -> None:
    content = external.template(date(2026, 1, 7))
    assert content.startswith(b"date,mean temperature,newsletter sent\n2025-12-24,,\n")
    with pytest.raises(ExternalError, match="has a value on 0 days"):
        read(content, "template.csv")


# ── refusing ──


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (201 * 1024 * 1024))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "x.csv", "is empty"),
        (b"  \n ", "x.csv", "is empty"),
        (b"x" * (20 * 1024 * 1024 + 1), "x.csv", "has 20 MB"),
        (b"day\n2026-01-01\n", "x.csv", "no column of numbers"),
        (b"day,a\n", "x.csv", "no column of numbers"),
        (csv(*((f"c{i}", TEMPERATURE[1]) for i in range(13))), "x.csv", "has 13 columns"),
        (csv(("a", ["1"] * 29 + ["warm"])), "x.csv", "are no numbers: row 31 “warm”"),
        (csv(("a", ["1"] * 29 + ["nan"])), "x.csv", "are no numbers"),
        (csv(("a", ["1"] * 29 + ["1e400"])), "x.csv", "are no numbers"),
        (csv(("a", ["1"] * 29 + ["=1+1"])), "x.csv", "are no numbers"),
        (csv(TEMPERATURE, days=["soon"] * 30), "x.csv", "30 of 30 cells .* are no date"),
        (csv(TEMPERATURE, days=[*DAYS[:-1], "2026-02-30"]),
         "x.csv", "row 31 “2026-02-30”"),
        (csv(TEMPERATURE, days=[*DAYS[:-1], DAYS[0]]), "x.csv", "more than once: 2025-12-20"),
        (csv(TEMPERATURE, days=[*DAYS[:-1], "0001-01-01"]), "x.csv", "no day of a shop"),
        (csv(("a", [1] * 13 + [""] * 17)), "x.csv", "“a” has a value on 13 days"),
        (csv(("a", TEMPERATURE[1]), ("A", TEMPERATURE[1])), "x.csv", "Two columns are called “A”"),
        (csv(("", TEMPERATURE[1])), "x.csv", "Column 2 has no name"),
        (csv(("n" * 65, TEMPERATURE[1])), "x.csv", "has 65 characters"),
        (csv(TEMPERATURE, days=[f"{1 + i % 12}/{1 + i // 12}/2026" for i in range(30)]), "x.csv",
         "can be read in two ways"),
        (b"PK\x03\x04 broken", "x.xlsx", "no readable xlsx file"),
        ((b"a" + b"," * 2_000_000 + b"\n") * 2, "x.csv", "A line of the file has 2,000,001 cells"),
        (csv(TEMPERATURE), "x.xlsx", "called Excel but is none"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "x.csv", "no text and no Excel workbook"),
        (b'a,b\n"1,2\n', "x.csv", "cannot be read as a table"),
        (bomb(), "x.xlsx", "would unpack from"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_a_remedy(
    content: bytes, name: str, words: str
) -> None:
    with pytest.raises(ExternalError, match=words) as refused:
        read(content, name)
    assert refused.value.remedy.endswith(".")


@given(st.binary(max_size=300))
def test_whatever_is_uploaded_is_understood_or_refused_in_words(content: bytes) -> None:
    try:
        read(content, "x.csv")
    except ExternalError as refused:
        assert refused.remedy  # noqa: PT017 - either answer is right


def test_a_point_that_may_separate_thousands_is_refused_with_both_readings() -> None:
    visits: list[object] = [900 + i for i in range(29)]

    with pytest.raises(ExternalError, match=r"row 31 “1\.000” may be 1000 or 1"):
        read(csv(("visits", [*visits, "1.000"]), sep=";"), "visits.csv")

    (column,) = read(csv(("visits", [*visits, "1000.0"])), "visits.csv").columns
    assert column.values[DAYS[-1]] == 1000


def test_a_sign_in_a_name_swallows_no_column_and_a_remark_stands_above() -> None:
    content = csv(("Promo #1", [i % 2 for i in range(30)]), ("visits", list(range(30))))

    for text in (content, b"# from the counter\n" + content):
        found = read(text, "columns.csv")
        assert [column.name for column in found.columns] == ["Promo #1", "visits"]
        assert found.rows == 30


def test_a_row_with_more_cells_than_names_is_refused_instead_of_cut() -> None:
    lines = csv(("visits", list(range(30)))).decode().splitlines()
    lines[4] += ",7"

    with pytest.raises(ExternalError, match=r"1 rows have more cells .* row 5"):
        read("\n".join(lines).encode(), "visits.csv")


# ── keeping ──


def test_columns_are_kept_listed_and_known_to_the_next_training(desk: Desk) -> None:
    done = external.add(desk, ADA, read(csv(TEMPERATURE, ("visitors", list(range(30)))), "w.csv"))
    assert done.text == "temperature, visitors were kept."
    first, second = external.list_all(desk, MANAGER)
    assert (first.name, first.first_day, first.last_day, first.days, first.by, first.active) == (
        "temperature",
        FIRST,
        DAYS[-1],
        30,
        "ada",
        True,
    )
    assert external.values(desk, MANAGER, second.column_id)[DAYS[2]] == 2.0
    manifest = desk.store.newest()
    assert manifest is not None
    frame = inputs.frames(desk, manifest)["external"]
    assert len(frame) == 60
    assert frame["known_at"].max() == datetime(2026, 1, 4)  # from which a forecast made now begins
    with desk.state.read() as session:
        entry = session.get(AuditEntry, done.entry_id)
    assert entry is not None
    assert entry.object == "column:temperature, visitors"


def test_switched_off_a_column_is_not_learned_from_and_back_on_it_is(desk: Desk) -> None:
    external.add(desk, ADA, read(csv(TEMPERATURE), "w.csv"))
    (one,) = external.list_all(desk, ADA)
    off = external.switch(desk, BOB, column_id=one.column_id, version=one.version, active=False)
    manifest = desk.store.newest()
    assert manifest is not None
    assert inputs.frames(desk, manifest)["external"].empty
    with pytest.raises(StaleWriteError):
        external.switch(desk, ADA, column_id=one.column_id, version=one.version, active=False)
    off.back(desk, ADA)
    assert len(inputs.frames(desk, manifest)["external"]) == 30


def test_a_deleted_column_comes_back_with_its_values_and_its_uploader(desk: Desk) -> None:
    external.add(desk, ADA, read(csv(TEMPERATURE), "w.csv"))
    (one,) = external.list_all(desk, ADA)
    gone = external.remove(desk, BOB, column_id=one.column_id, version=one.version)
    assert external.list_all(desk, ADA) == ()
    gone.back(desk, BOB)
    (again,) = external.list_all(desk, ADA)
    assert (again.name, again.by, again.at) == (one.name, "ada", one.at)
    assert external.values(desk, ADA, again.column_id)[DAYS[4]] == 2.0


def test_an_upload_is_undone_whole(desk: Desk) -> None:
    done = external.add(desk, ADA, read(csv(TEMPERATURE, ("v", list(range(30)))), "w.csv"))
    done.back(desk, ADA)
    assert external.list_all(desk, ADA) == ()


def test_a_name_is_kept_once_and_no_more_columns_than_are_used(desk: Desk) -> None:
    external.add(desk, ADA, read(csv(TEMPERATURE), "w.csv"))
    with pytest.raises(ExternalError, match="already, uploaded by ada"):
        external.add(desk, BOB, read(csv(("Temperature", TEMPERATURE[1])), "w.csv"))
    twelve = read(csv(*((f"c{i}", TEMPERATURE[1]) for i in range(12))), "w.csv")
    with pytest.raises(ExternalError, match="more than 12"):
        external.add(desk, BOB, twelve)
    assert len(external.list_all(desk, ADA)) == 1


def test_others_read_only(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        external.add(desk, MANAGER, read(csv(TEMPERATURE), "w.csv"))
    external.add(desk, ADA, read(csv(TEMPERATURE), "w.csv"))
    (one,) = external.list_all(desk, MANAGER)
    for act in (
        lambda: external.switch(
            desk, MANAGER, column_id=one.column_id, version=one.version, active=False
        ),
        lambda: external.remove(desk, MANAGER, column_id=one.column_id, version=one.version),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert external.list_all(desk, MANAGER) == (one,)

"""Whatever the lines are, the report accounts for each of them to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.sources.imports.online_retail import map_lines
from data_access.sources.imports.reading import RawTable
from data_access.sources.imports.retail_lines import read_lines
from tests.data_access.sources.imports.conftest import RETAIL

retail_lines = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "C4", "C5", "A6"]),
        st.sampled_from(["85123A", "85123a", "71053", "POST", "D", "M", "gift_0001_10", "B"]),
        st.sampled_from([None, "MUG", "CUP", "?"]),
        st.integers(-20, 20).map(str),
        st.datetimes(
            min_value=pd.Timestamp("2010-12-01").to_pydatetime(),
            max_value=pd.Timestamp("2011-12-09").to_pydatetime(),
        ).map(lambda moment: moment.replace(microsecond=0).isoformat(sep=" ")),
        st.decimals("-20", "400", places=3).map(lambda price: f"{price:.4f}"),
        st.sampled_from([None, "17850", "13047"]),
        st.sampled_from([None, "France", "EIRE", "Nowhere"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(retail_lines)
def test_every_line_and_every_ten_thousandth_is_accounted_for(lines: list[tuple[object]]) -> None:
    frame = pd.DataFrame(lines, columns=list(RETAIL), dtype=object)
    total = sum(Decimal(str(line[3])) * Decimal(str(line[5])) for line in lines)  # type: ignore[misc]

    typed = read_lines(RawTable(name="a.csv", frame=frame, encoding=None))
    mapped = map_lines(typed, file="a.csv", zone="Europe/London", connection=None)

    (ledger,) = mapped.ledgers
    assert ledger.reconciles
    assert ledger.lines_read == len(lines)
    assert Decimal(ledger.amount_read or 0) == total * 10_000

    by_key = {part.key: part.amount or 0 for part in ledger.parts}
    items, refunds = mapped.tables["order_items"], mapped.tables["refunds"]
    lone = items["order_id"].isin(mapped.tables["order_status_changes"]["order_id"])
    sold = (items["units"] * items["unit_price"])[~lone].sum()
    assert sold == by_key.get("sale", 0)
    assert mapped.tables["orders"]["shipping_fee"].sum() == by_key.get("shipping", 0)
    refunded = by_key.get("refund", 0) + by_key.get("lone_refund", 0)
    assert refunds["amount"].sum() == -refunded

    # Every refund names a line that exists, and takes back no more than was paid for it.
    paid = (
        items.set_index(["order_id", "line"])["units"]
        * items.set_index(["order_id", "line"])["unit_price"]
    )
    taken = refunds.groupby(["order_id", "line"])["amount"].sum()
    assert set(taken.index) <= set(paid.index)
    assert all(taken[key] <= paid[key] for key in taken.index)

"""A thousand orders of the demo shop, scored as they came and out of the snapshot afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.context import Desk, open_desk
from app.services.fraud import events, inputs
from app.services.snapshots import take_snapshot
from data_access.shop.engines import make_engine
from data_access.sources.demo import extend_demo
from ml.fraud.features import compute
from tests.factories.demo_home import BEGINS, lay_demo
from tests.factories.small_shop import close

STEP = timedelta(hours=41)  # no whole days: the worker looks at any hour
ORDERS = 1_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The small demo shop as of late September, and its snapshot."""
    desk = open_desk(lay_demo(tmp_path / "home"))
    yield desk
    close(desk)


def live_on(desk: Desk, until: datetime) -> None:
    engine = make_engine(desk.settings.shop_url)
    extend_demo(engine, until=until)
    engine.dispose()


def differences(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """Where two frames of features differ, in words; numbers must be equal to the last bit."""
    same = (one.to_numpy() == other.to_numpy()) | (one.isna() & other.isna()).to_numpy()
    return [
        f"{one.index[row]} {one.columns[column]}: {one.iat[row, column]} {other.iat[row, column]}"
        for row, column in zip(*np.nonzero(~same), strict=True)
    ]


def test_a_thousand_orders_have_the_same_features_as_they_come_and_out_of_the_snapshot(
    desk: Desk,
) -> None:
    assert events.advance(desk, now=BEGINS) == []
    now, step, seen, found = BEGINS, 0, 0, []
    while seen < ORDERS:
        now, step = now + STEP, step + 1
        live_on(desk, now)
        assert events.anything_new(desk)
        new = events.advance(desk, now=now)
        if step % 8 == 0:
            take_snapshot(desk, full=False, now=now, progress=lambda step, share: None)
        if not new:
            continue
        orders, chargebacks, profiles = events.rows_for(desk, new)
        found.append(compute(orders, of=new, chargebacks=chargebacks, profiles=profiles))
        seen += len(new)
    as_they_came = pd.concat(found)
    manifest = take_snapshot(desk, full=True, now=now, progress=lambda step, share: None)
    frames = inputs.frames(desk, manifest)

    out_of_the_snapshot = compute(
        frames["orders"], of=list(as_they_came.index), chargebacks=frames["labels"]
    )

    long_ago = frames["orders"]["order_id"].sample(100, random_state=1).tolist()
    orders, chargebacks, profiles = events.rows_for(desk, long_ago)
    found_again = compute(orders, of=long_ago, chargebacks=chargebacks, profiles=profiles)
    assert (
        differences(
            found_again, compute(frames["orders"], of=long_ago, chargebacks=frames["labels"])
        )
        == []
    )

    assert as_they_came.index.is_unique
    assert now - BEGINS > timedelta(days=31)
    assert differences(as_they_came, out_of_the_snapshot) == []
    assert (as_they_came["linked_chargebacks"] > 0).sum() > 10
    assert as_they_came["amount_to_category"].notna().mean() > 0.9

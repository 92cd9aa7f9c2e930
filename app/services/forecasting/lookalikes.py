"""New products: what each is forecast by, what it resembles, and what staff choose instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.access.roles import Identity, Permission, require
from app.services import jobs
from app.services import series as series_service
from app.services.forecasting import stored
from app.services.forecasting.done import Done
from app.services.forecasting.views import ForecastQuestion
from data_access.errors import DataError
from data_access.queries.selection import currency
from data_access.snapshots import tables
from data_access.state import look_alikes as store
from data_access.state.engine import utc_now
from data_access.state.publications import newest_publication
from data_access.state.tables import Publication
from ml.forecasting import KEY
from ml.forecasting.lookalikes import ESTABLISHED, ranked

if TYPE_CHECKING:
    from app.context import Desk

FILE = "newcomers.parquet"
COLUMNS = ("product_id", "alike", "similarity", "chosen", "weeks", "sold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An established product that a new one resembles."""

    product_id: str
    name: str
    similarity: float  # 0 to 1
    reasons: str  # "same category; price within 8 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What is known of a new product's look-alikes."""

    product_id: str
    new: bool  # False: its own sales speak for it
    weeks: int  # on offer with stock when the forecast was made
    sold: float  # units in them
    used: tuple[str, ...]  # that the stored forecast leans on, the most alike first
    used_chosen: bool  # they were chosen by staff
    chosen: tuple[str, ...]  # by staff, for the next computation on
    version: int | None  # of that choice; hand it back with the next one
    by: str | None  # who chose
    proposals: tuple[Alike, ...]  # the most alike first; those used and chosen among them

    @property
    def waiting(self) -> bool:
        """The choice is not in the stored forecast yet."""
        return self.new and (self.chosen != self.used if self.chosen else self.used_chosen)


def write(folder: Path, used: pd.DataFrame | None) -> None:
    """Store beside a publication what its new products lean on."""
    frame = pd.DataFrame(columns=list(COLUMNS)) if used is None else used
    types = {"product_id": str, "alike": str, "similarity": float, "chosen": bool}
    frame = frame.astype({**types, "weeks": int, "sold": float})
    stored.write_table(folder / FILE, frame[list(COLUMNS)].sort_values("product_id", kind="stable"))


def frame(desk: Desk) -> pd.DataFrame:
    """product_id · alike: what staff chose, for the forecast's inputs."""
    with desk.state.read() as session:
        pairs = [
            (row.product_id, alike)
            for row in store.list_chosen(session)
            for alike in store.ids_of(row)
        ]
    return pd.DataFrame(pairs, columns=["product_id", "alike"], dtype=object)


def new_products(desk: Desk, publication: Publication) -> tuple[str, ...]:
    """Products that a stored forecast takes for new; none where it did not keep that."""
    rows = _stored(desk, publication)
    return tuple(dict.fromkeys(str(one) for one in rows["product_id"]))


def of_product(desk: Desk, publication: Publication, question: ForecastQuestion) -> NewProduct:
    """What a product is forecast by, and what it resembles.

    Raises
    ------
    DataError : no product is asked for.
    """
    product_id = _product(question)
    rows = _stored(desk, publication)
    rows = rows[rows["product_id"] == product_id]
    with desk.state.read() as session:
        row = store.chosen_of(session, product_id)
        chosen, version = store.ids_of(row), None if row is None else row.version
        by = None if row is None else row.by
    used = tuple(str(one) for one in rows["alike"])
    return NewProduct(
        product_id=product_id,
        new=bool(used),
        weeks=int(rows["weeks"].iloc[0]) if used else 0,
        sold=float(rows["sold"].iloc[0]) if used else 0.0,
        used=used,
        used_chosen=bool(used) and bool(rows["chosen"].iloc[0]),
        chosen=chosen,
        version=version,
        by=by,
        proposals=proposals(desk, question.snapshot, product_id, also=(*used, *chosen)),
    )


def proposals(
    desk: Desk, snapshot: int, product_id: str, *, also: Sequence[str] = ()
) -> tuple[Alike, ...]:
    """Established products of its category that a product resembles, the most alike first.

    `also`: products that are told of in any case, whatever their category.
    """
    rows = desk.analytics.frame(snapshot, _candidates(product_id, also))
    price = rows.set_index("product_id")["price"].astype(float)
    weeks = rows["weeks_sold_ago"].fillna(0).to_numpy(float)
    own = (rows["product_id"] == product_id).to_numpy()
    found = ranked(rows, price, np.asarray((weeks >= ESTABLISHED) & ~own), product_id)
    told = set(found["product_id"])
    rest = [one for one in dict.fromkeys(also) if one not in told]
    if rest:
        named = ranked(rows, price, rows["product_id"].isin(rest).to_numpy(), product_id)
        found = pd.concat([found, named[~named["product_id"].isin(told)]], ignore_index=True)
    return tuple(
        Alike(
            product_id=str(row["product_id"]),
            name=str(row["name"]),
            similarity=float(row["similarity"]),
            reasons=str(row["reasons"]),
        )
        for row in found.to_dict("records")
    )


def choose(
    desk: Desk,
    person: Identity,
    *,
    product_id: str,
    alike: Sequence[str],
    version: int | None,
) -> Done:
    """Say what a new product resembles; an empty choice leaves it to the proposals again.

    Parameters
    ----------
    version : of the choice that the person saw; None where there was none.

    Raises
    ------
    AccessDenied, DataError, StaleWriteError : nothing was changed.
    """
    require(person, Permission.decide_commerce)
    wanted = list(alike)
    names = _known_names(desk, [product_id, *wanted])
    with desk.state.read() as session:
        before = list(store.ids_of(store.chosen_of(session, product_id)))
    with desk.state.decide(
        person.name,
        "look_alikes.chosen",
        f"product:{product_id}",
        before={"products": before},
        after={"products": wanted},
    ) as session:
        store.choose(session, product_id, wanted, by=person.name, now=utc_now(), version=version)
        row = store.chosen_of(session, product_id)
        now = None if row is None else row.version
    said = ", ".join(names[one] for one in wanted) or "what is proposed"
    return Done(
        text=f"{names[product_id]} is forecast by {said} from the next computation on.",
        number=0,
        version=now or 0,
        entry_id=session.entry_id,
        back=partial(_back, product_id=product_id, alike=tuple(before), version=now),
    )


def _back(
    desk: Desk, person: Identity, *, product_id: str, alike: tuple[str, ...], version: int | None
) -> Done:
    return choose(desk, person, product_id=product_id, alike=alike, version=version)


def compute_anew(desk: Desk, person: Identity) -> str:
    """Ask for the computation that takes the choice in; gives the job's id.

    Raises
    ------
    AccessDenied : the role may not.
    """
    return jobs.start(desk, person, "publish", {"capability": KEY})


def _product(question: ForecastQuestion) -> str:
    if question.level != "product" or question.series_id is None:
        raise DataError(
            "Look-alikes are of one product.", remedy="Choose a product at the top of the page."
        )
    return question.series_id


def _stored(desk: Desk, publication: Publication) -> pd.DataFrame:
    path = desk.settings.artifacts / publication.folder / FILE
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))


def _known_names(desk: Desk, product_ids: list[str]) -> dict[str, str]:
    with desk.state.read() as session:
        found = newest_publication(session, KEY)
    names = {} if found is None else series_service.labels(
        desk, desk.store.newest_number() or found.snapshot, "product", tuple(product_ids)
    )  # fmt: skip
    unknown = [one for one in product_ids if one not in names]
    if unknown:
        raise DataError(
            f"There is no product {unknown[0]!r}.", remedy="Choose products from the search."
        )
    return names


def _candidates(product_id: str, also: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    """Products of the same category that are on offer, with their traits.

    product_id · name · category_id · brand · price_tier · variant_group · price (list price, or
    paid last) · weeks_sold_ago (weeks since the first sale)
    """
    products, sales, history = tables.products, tables.weekly_sales, tables.price_history
    own = sa.select(products.c.category_id).where(products.c.product_id == product_id)
    wanted = sa.or_(
        sa.and_(products.c.category_id.in_(own), products.c.ended_on.is_(None)),
        products.c.product_id.in_([product_id, *also]),
    )
    listed = (
        sa.select(
            history.c.product_id, sa.func.arg_max(history.c.price, history.c.valid_from).label("p")
        )
        .group_by(history.c.product_id)
        .subquery("listed")
    )
    sold = (
        sa.select(
            sales.c.product_id,
            sa.func.arg_max(sales.c.price, sales.c.local_week).label("p"),
            sa.func.min(sales.c.local_week).label("first"),
        )
        .where(sales.c.units > 0)
        .group_by(sales.c.product_id)
        .subquery("sold")
    )
    last = sa.select(sa.func.max(sales.c.local_week)).scalar_subquery()
    return (
        sa.select(
            products.c.product_id,
            products.c.name,
            products.c.category_id,
            products.c.brand,
            products.c.price_tier,
            products.c.variant_group,
            currency(sa.func.coalesce(listed.c.p, sold.c.p)).label("price"),
            (sa.func.date_diff("day", sold.c.first, last) / 7).label("weeks_sold_ago"),
        )
        .select_from(
            products.outerjoin(listed, listed.c.product_id == products.c.product_id).outerjoin(
                sold, sold.c.product_id == products.c.product_id
            )
        )
        .where(wanted)
        .order_by(products.c.product_id)
    )

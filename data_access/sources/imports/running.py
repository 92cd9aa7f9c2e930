"""One import from path to report."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.shop.engines import read_mark, require_writable
from data_access.sources.imports import canonical, olist, online_retail, writing
from data_access.sources.imports.mapped import Mapped
from data_access.sources.imports.reading import RawTable
from data_access.sources.imports.refusal import ImportRefused
from data_access.sources.imports.report import ImportReport
from data_access.sources.imports.sources import ImportSource, open_source
from data_access.sources.imports.writing import Progress


def run_import(
    path: Path,
    engine: sa.Engine,
    *,
    currency: str | None = None,
    zone: str | None = None,
    progress: Progress = lambda _step, _share: None,
    now: datetime | None = None,
) -> ImportReport:
    """Import what lies at ``path`` into an empty database, or into one that import made.

    Parameters
    ----------
    path : file or folder.
    engine : writable.
    currency, zone : overrule what the source is known to be in; needed for the canonical layout.
    progress : told the step and the share done, 0 to 1.
    now : naive UTC, goes into ``updated_at``; default: the clock.

    Raises
    ------
    ImportRefused : the source cannot be used; nothing was written.
    DataError : the database may not be written to, or failed; it is as it was.
    """
    started = time.monotonic()
    path = path.absolute()  # "." has no name
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    require_writable(engine, writing.MARK)
    progress("Recognising the source", 0.0)
    source, tables = open_source(path)
    currency, zone = _settle(source, currency, zone)
    fingerprint = source.fingerprint()
    former = read_mark(engine)
    details = _details(source, former.details if former else None, currency, zone)
    if any(file["fingerprint"] == fingerprint for file in details["files"]):
        progress("Already there", 1.0)
        return ImportReport(
            kind=source.kind, source=path.name, fingerprint=fingerprint, already_there=True,
            currency=currency, zone=zone, first_instant=None, last_instant=None, ledgers=(),
            notes=(), tables=(), seconds=time.monotonic() - started,
            settings=_settings(currency, zone),
        )  # fmt: skip
    progress(f"Reading {path.name}", 0.05)
    map_onto = _prepare(source, tables, zone, progress)
    kill_point("import-read")
    try:
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            writing.require_mark(connection, former)
            progress("Sorting lines", 0.3)
            mapped = map_onto(connection if former else None)
            _check(mapped)
            kill_point("import-mapped")
            write = writing.merge if former else writing.fill
            changes = write(connection, mapped, now=moment, progress=progress)
            report = ImportReport(
                kind=source.kind,
                source=path.name,
                fingerprint=fingerprint,
                already_there=False,
                currency=currency,
                zone=zone,
                first_instant=_bound(mapped, "min"),
                last_instant=_bound(mapped, "max"),
                ledgers=mapped.ledgers,
                notes=mapped.notes,
                tables=changes,
                seconds=time.monotonic() - started,
                settings=_settings(currency, zone),
            )
            details["files"].append(
                {"name": path.name, "kind": source.kind, "fingerprint": fingerprint,
                 "imported_at": moment.isoformat()}
            )  # fmt: skip
            writing.write_mark(connection, details, now=moment)
            kill_point("import-before-commit")
    except sa.exc.DBAPIError as error:
        raise DataError(
            f"The database broke the import off: {str(error.orig).splitlines()[0]}",
            remedy="The shop is as it was. Check free space and whether another import runs.",
        ) from error
    kill_point("import-committed")
    progress("Imported", 1.0)
    return report


def _prepare(
    source: ImportSource, tables: list[RawTable] | None, zone: str, progress: Progress
) -> Callable[[sa.Connection | None], Mapped]:
    match source.kind:
        case "online_retail":
            return online_retail.prepare(source.path, tables, zone=zone, progress=progress)
        case "olist":
            return olist.prepare(source.parts, list(source.others), zone=zone, progress=progress)
        case "canonical":
            return canonical.prepare(source.parts, progress=progress)


def _settle(source: ImportSource, currency: str | None, zone: str | None) -> tuple[str, str]:
    chosen, place = currency or source.currency, zone or source.zone
    if chosen is None or place is None:
        raise ImportRefused(
            f"{source.path.name} does not say its currency and time zone",
            remedy="Set both, e.g. SHOP_CURRENCY=EUR and SHOP_TIME_ZONE=Europe/Berlin.",
        )
    try:
        ZoneInfo(place)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ImportRefused(
            f"{place} is no time zone", remedy="Give an IANA name such as Europe/London."
        ) from error
    return chosen, place


def _details(
    source: ImportSource, former: dict[str, Any] | None, currency: str, zone: str
) -> dict[str, Any]:
    """The mark's details so far; refuses to mix currencies and kinds of source."""
    if former is None:
        return {"kind": source.kind, "currency": currency, "time_zone": zone, "files": []}
    kinds = {former["kind"], "canonical"}  # canonical files may add to any imported shop
    if source.kind not in kinds or (former["currency"], former["time_zone"]) != (currency, zone):
        raise ImportRefused(
            f"The shop was imported from {former['kind']} ({former['currency']}, "
            f"{former['time_zone']}); {source.path.name} is {source.kind} ({currency}, {zone})",
            remedy="Import it into a home of its own (SHOPSIGHT_HOME).",
        )
    return {**former, "files": list(former["files"])}


def _settings(currency: str, zone: str) -> dict[str, str]:
    return {"SHOP_CURRENCY": currency, "SHOP_TIME_ZONE": zone}


def _check(mapped: Mapped) -> None:
    for ledger in mapped.ledgers:
        if not ledger.reconciles:
            raise ImportRefused(
                f"{ledger.file}, {ledger.name}: {ledger.lines_difference} lines and "
                f"{ledger.amount_difference} ten-thousandths are unaccounted for",
                remedy="Nothing was written. Please report this with the file.",
            )


def _bound(mapped: Mapped, which: str) -> datetime | None:
    orders = mapped.tables.get("orders")
    if orders is None or orders.empty:
        return None
    found = pd.Timestamp(getattr(orders["placed_at"], which)())
    return found.to_pydatetime()

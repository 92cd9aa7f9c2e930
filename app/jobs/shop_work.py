"""The work of the jobs that keep data fresh: refresh, let a demo shop live on, remove the old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from app.jobs.kinds import JobContext, Json
from data_access.kill_points import kill_point
from data_access.snapshots.manifest import Manifest


def refresh(context: JobContext) -> Json:
    """Take a snapshot of the shop; `full` in the parameters asks for a full one."""
    from app.services.snapshots import take_snapshot

    desk = context.desk
    newest = desk.store.newest()
    if newest is not None and newest.created_at >= context.started_at:
        return _snapshot_facts(newest)  # published before a crash of this very job
    manifest = take_snapshot(
        desk,
        full=context.parameters.get("full"),
        now=_now(),
        progress=_two(context),
    )
    kill_point("refresh-published")
    return _snapshot_facts(manifest)


def live_on(context: JobContext) -> Json:
    """Let the demo shop's time go on to now; another shop is left alone."""
    desk = context.desk
    if desk.mark is None or desk.mark.made_by != "demo":
        return {"sentence": "This shop lives by itself.", "orders": 0}
    from data_access.shop.engines import make_engine
    from data_access.sources.demo import extend_demo

    report = extend_demo(make_engine(desk.settings.shop_url), until=_now(), progress=_two(context))
    orders = report.rows.get("orders", 0)
    return {"sentence": f"{orders:,} new orders.", "orders": orders}


def retain(context: JobContext) -> Json:
    """Remove old predictions, publications, versions, snapshots, notes that nothing needs."""
    from app.services import retention

    removed = retention.remove(
        context.desk,
        asked_by=context.asked_by,
        progress=_two(context),
        reason=context.parameters.get("reason"),
    )
    return removed.to_json()


def _snapshot_facts(manifest: Manifest) -> Json:
    changed = manifest.rows_changed
    soft = [check.name for check in manifest.checks if not check.passed]
    sentence = f"Snapshot {manifest.number}: {changed:,} rows new or changed."
    if soft:
        sentence += f" To look at: {', '.join(soft)}."
    return {
        "sentence": sentence,
        "snapshot": manifest.number,
        "kind": manifest.kind,
        "rows_changed": changed,
        "seconds": manifest.seconds,
    }


def _two(context: JobContext) -> Callable[[str, float], None]:
    """Progress as data_access and ml report it: a step and a share."""

    def progress(step: str, share: float) -> None:
        context.progress(step, share)

    return progress


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

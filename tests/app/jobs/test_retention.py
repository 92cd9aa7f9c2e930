"""What nothing needs is removed, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from app.jobs.retention import remove_old_jobs, remove_old_publications
from data_access.state import jobs as notes
from data_access.state.publications import add_publication, list_publications


def test_the_newest_publications_of_a_capability_are_kept(office):
    artifacts = office.settings.artifacts
    for number in range(1, 5):
        (artifacts / f"forecasts/{number}").mkdir(parents=True)
        with office.state.write() as session:
            add_publication(
                session,
                capability="forecasting",
                model_version=None,
                snapshot=number,
                as_of=date(2026, 11, number),
                folder=f"forecasts/{number}",
                summary={},
                now=datetime(2026, 11, number),
                job_id=f"job-{number}",
            )

    assert remove_old_publications(office.state, artifacts, 2) == 2
    with office.state.read() as session:
        assert [row.snapshot for row in list_publications(session)] == [4, 3]
    assert sorted(path.name for path in (artifacts / "forecasts").iterdir()) == ["3", "4"]


def test_old_notes_go_those_of_quiet_kinds_sooner_and_open_ones_never(office):
    now = datetime.now(UTC).replace(tzinfo=None)
    for name, kind, days in (
        ("quiet-old", "stroll", 2),
        ("quiet-new", "stroll", 0),
        ("loud-old", "walk", 2),
        ("loud-ancient", "walk", 500),
        ("open-ancient", "walk", 500),
    ):
        at = now - timedelta(days=days)
        notes.note_queued(
            office.state,
            job_id=name,
            kind=kind,
            title=name,
            asked_by="ada",
            asked_at=at,
            parameters={},
        )
        if not name.startswith("open"):
            notes.note_ended(office.state, name, state="done", outcome="Done.", at=at)

    gone = remove_old_jobs(
        office.jobs,
        office.state,
        quiet=["stroll"],
        quiet_before=now - timedelta(days=1),
        before=now - timedelta(days=365),
        lines_before=now - timedelta(days=90),
    )
    assert gone == 2
    assert {job.job_id for job in office.jobs.list()} == {"quiet-new", "loud-old", "open-ancient"}

"""The API called five thousand times by its own description and against it, as every role."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import Report
from tests.factories.api_fuzz import fuzz
from tests.factories.api_home import known_bodies, known_values, make_desk, serve
from tests.factories.small_shop import close

CALLS = 5_000
SHOWN = 20  # failures that are written out


def run(report: Report, calls: int = CALLS) -> None:
    with TemporaryDirectory(prefix="shopsight-api-fuzz-") as folder:
        desk = make_desk(Path(folder) / "home")
        found = fuzz(desk, serve(desk), calls, known=known_values(desk), bodies=known_bodies())
        desk.analytics.close()
        close(desk)
    report.add("calls", measured=found.calls, asked=f"≥ {calls:,}", passed=found.calls >= calls)
    for kind, number in found.by_class().items():
        report.add(f"answers of {kind}", measured=number)
    report.add("refused for asking too much (429)", measured=found.statuses[429])
    report.add("beyond key, role and limits", measured=found.beyond.total())
    never = [one for one in found.operations if not found.done[one]]
    done = len(found.operations) - len(never)
    report.add(
        "operations that did what was asked at least once",
        measured=f"{done} of {len(found.operations)}",
        asked="all",
        passed=not never,
    )
    report.add("seconds", measured=found.seconds, unit="s")
    wrong = len(found.failures)
    report.add("answers that are not as described", measured=wrong, asked="0", passed=wrong == 0)
    for failure in found.failures[:SHOWN]:
        sys.stdout.write(f"\n{failure}\n")

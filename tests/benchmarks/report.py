"""One line a figure: what was asked, what was measured, whether it holds."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure."""

    study: str
    name: str
    measured: float | str
    asked: str
    unit: str
    passed: bool | None  # None: reported without a promise


class Report:
    """Collects figures, prints each as it comes, and keeps the newest of every name in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._figures: list[Figure] = []
        self.study = ""

    def add(
        self,
        name: str,
        *,
        measured: float | str,
        asked: str = "",
        unit: str = "",
        passed: bool | None = None,
    ) -> None:
        figure = Figure(
            study=self.study, name=name, measured=measured, asked=asked, unit=unit, passed=passed
        )
        self._figures.append(figure)
        shown = f"{measured:,.3g}" if isinstance(measured, float) else str(measured)
        verdict = {True: "holds", False: "MISSED", None: ""}[passed]
        sys.stdout.write(f"  {name:<64} {shown:>12} {unit:<8} {asked:<16} {verdict}\n")
        sys.stdout.flush()
        self._write()

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self._figures if figure.passed is False]

    def _write(self) -> None:
        known: dict[str, dict[str, object]] = {}
        if self._path.exists():
            for row in json.loads(self._path.read_text())["figures"]:
                known[f"{row['study']}/{row['name']}"] = row
        measured_at = datetime.now(UTC).isoformat(timespec="seconds")
        for figure in self._figures:
            known[f"{figure.study}/{figure.name}"] = {**asdict(figure), "measured_at": measured_at}
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        }
        text = json.dumps({"machine": machine, "figures": list(known.values())}, indent=2)
        self._path.write_text(text + "\n")

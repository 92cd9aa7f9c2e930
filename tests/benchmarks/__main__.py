"""``python -m tests.benchmarks [study …]``: every study, or those that are named."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from pathlib import Path

import tests.benchmarks
from tests.benchmarks.report import Report

ROOT = Path(__file__).parents[2]
NOT_A_STUDY = {"__main__"}
FIRST = "slow_suite"
"""What is not even right need not be measured."""


def studies() -> list[str]:
    """Names of the modules that offer ``run(report)``."""
    found = (module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__))
    names = [
        name
        for name in found
        if name not in NOT_A_STUDY
        and hasattr(importlib.import_module(f"tests.benchmarks.{name}"), "run")
    ]
    return sorted(names, key=lambda name: name != FIRST)


def main(wanted: list[str]) -> int:
    known = studies()
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        sys.stderr.write(f"No such study: {', '.join(unknown)}. There are: {', '.join(known)}.\n")
        return 2
    report = Report(ROOT / "benchmarks.json")
    for name in wanted or known:
        report.study = name
        started = time.monotonic()
        sys.stdout.write(f"{name}\n")
        importlib.import_module(f"tests.benchmarks.{name}").run(report)
        sys.stdout.write(f"  ({time.monotonic() - started:.0f} s)\n\n")
    for figure in report.missed:
        sys.stdout.write(f"MISSED {figure.study}: {figure.name}: {figure.measured} {figure.unit}\n")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

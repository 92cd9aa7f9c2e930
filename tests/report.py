"""What a test session says at its end: its slowest tests, and the seconds of each capability.

Switched on by ``--seconds``, as `make test` does. With pytest-xdist it is the controller that hears
of every test, in whichever process it ran; so seconds are those of all processes together.
"""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
SLOWEST = 10
REST = "rest"

COSTLY = {
    "browser": {"browser"},
    "killed processes": {"kills"},
}
"""What a test costs by its means, whatever it is about."""

PLATFORM = {
    "ordering": {"ordering", "orders", "decide"},
    "models": {
        "ml", "models", "model", "registry", "training", "train", "searching", "activation",
        "experiments", "serving", "watching", "triggers", "retraining", "importance", "trial",
    },
    "jobs": {"jobs", "work", "races", "commands", "autopilot"},
    "shop and snapshots": {"shop", "snapshots", "queries", "sources"},
    "app database and backup": {"state", "backup", "retention", "audit", "settings"},
    "web and access": {"web", "access", "api", "users", "pages", "ui"},
    "alerts and mail": {"alerts", "digest"},
}  # fmt: skip
"""Areas beside the capabilities, by words of a test's path; the first that has one of them."""


def capabilities(source: str) -> tuple[str, ...]:
    """Names of what ``capabilities()`` of ml/contract.py returns, read without importing it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == "capabilities":
            listed = next(one for one in ast.walk(node) if isinstance(one, ast.Return)).value
            assert isinstance(listed, ast.Tuple)
            return tuple(one.id.lower() for one in listed.elts if isinstance(one, ast.Name))
    raise AssertionError("ml/contract.py lists no capabilities any more.")


LEARNED = capabilities((ROOT / "ml/contract.py").read_text())
AREAS = {**COSTLY, **{name: {name} for name in LEARNED}, **PLATFORM}
"""Words by area, in the order in which they are looked for."""


def by_path(file: str) -> str:
    """The first area that has a word of the path of a test's file."""
    path = PurePosixPath(file).with_suffix("")
    words = {word for part in path.parts for word in part.split("_")}
    return next((name for name, own in AREAS.items() if own & words), REST)


def by_imports(source: str) -> str:
    """The capability whose modules a test's file imports, where it is one alone."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names.update((node.module or "").split("."), (one.name for one in node.names))
    found = [name for name in LEARNED if name in names]
    return found[0] if len(found) == 1 else REST


@cache
def area_of(file: str) -> str:
    """What the seconds of a test's file (``tests/app/…/test_x.py``) are counted for."""
    area = by_path(file)
    if area == REST and (ROOT / file).is_file():
        return by_imports((ROOT / file).read_text())
    return area


class Seconds:
    """Sums what each test took, from its setup to its teardown."""

    def __init__(self) -> None:
        self.by_test: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.by_test[report.nodeid] += report.duration

    def by_area(self) -> list[tuple[str, int, float]]:
        """Area, its tests, their seconds; the longest first."""
        seconds: Counter[str] = Counter()
        tests: Counter[str] = Counter()
        for test, took in self.by_test.items():
            name = area_of(test.partition("::")[0])
            seconds[name] += took
            tests[name] += 1
        return [(name, tests[name], took) for name, took in seconds.most_common()]

    def lines(self) -> list[str]:
        slowest = self.by_test.most_common(SLOWEST)
        total = sum(self.by_test.values())
        return [
            f"The {len(slowest)} slowest tests, in seconds:",
            *(f"{took:9.1f}  {test}" for test, took in slowest),
            "Seconds by capability, all processes together:",
            *(f"{took:9.1f}  {name} ({tests} tests)" for name, tests, took in self.by_area()),
            f"{total:9.1f}  in all ({len(self.by_test)} tests)",
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.by_test:
            terminalreporter.section("seconds")
            for line in self.lines():
                terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seconds",
        action="store_true",
        help="tell the ten slowest tests and the seconds of each capability",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seconds"):
        config.pluginmanager.register(Seconds(), "shopsight-seconds")

"""The end of a session names its slowest tests, and counts seconds for what they are about."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ml.contract import capabilities as real_capabilities
from tests import report

ROOT = Path(__file__).parents[1]
SLEEPERS = """
import time
import pytest

@pytest.fixture
def slow_to_make_and_to_clear():
    time.sleep(0.2)
    yield
    time.sleep(0.2)

def test_slow(slow_to_make_and_to_clear):
    time.sleep(0.2)

@pytest.mark.parametrize("number", range(12))
def test_quick(number):
    time.sleep(0.01)
"""


def seconds(**by_test: float) -> report.Seconds:
    found = report.Seconds()
    for test, took in by_test.items():
        for phase in range(3):
            name = f"tests/app/services/{test}.py::test_it"
            found.pytest_runtest_logreport(
                SimpleNamespace(nodeid=name, duration=took / 3, when=phase)  # type: ignore[arg-type]
            )
    return found


def test_the_capabilities_read_as_text_are_those_that_the_contract_lists() -> None:
    assert tuple(one.key for one in real_capabilities()) == report.LEARNED


@pytest.mark.parametrize(
    ("file", "area"),
    [
        ("tests/ml/fraud/test_edges.py", "fraud"),
        ("tests/app/jobs/test_fraud_work.py", "fraud"),
        ("tests/ml/forecasting/learners/test_by_hand.py", "forecasting"),
        ("tests/app/services/ordering/test_files.py", "ordering"),
        ("tests/app/services/test_training.py", "models"),
        ("tests/app/jobs/test_running.py", "jobs"),
        ("tests/data_access/snapshots/test_store.py", "shop and snapshots"),
        ("tests/app/web/test_login_page.py", "web and access"),
        ("tests/browser/test_fraud.py", "browser"),
        ("tests/kills/test_jobs.py", "killed processes"),
        ("tests/architecture/test_arrows.py", "rest"),
        ("tests/app/services/test_no_longer_there.py", "rest"),
    ],
)
def test_an_area_is_told_by_words_of_the_path(file: str, area: str) -> None:
    assert report.area_of(file) == area


def test_where_the_path_says_nothing_the_one_capability_that_is_imported_does() -> None:
    assert report.by_imports("from app.services import forecasting, jobs") == "forecasting"
    assert report.by_imports("from ml.fraud.features import compute") == "fraud"
    both = "from ml.fraud import FRAUD\nfrom ml.forecasting import FORECASTING"
    assert report.by_imports(both) == report.REST
    assert report.by_imports("import forecasting_of_others") == report.REST


def test_setup_call_and_teardown_of_a_test_are_summed() -> None:
    found = seconds(test_training=3.0, test_searching=1.5, test_usual=9.0)
    assert found.by_test["tests/app/services/test_training.py::test_it"] == pytest.approx(3.0)
    told = [(name, tests, round(took, 3)) for name, tests, took in found.by_area()]
    assert told == [("rest", 1, 9.0), ("models", 2, 4.5)]


def test_the_ten_slowest_are_told_and_no_more() -> None:
    lines = seconds(**{f"test_{number}": float(number) for number in range(1, 15)}).lines()
    slowest = lines[1 : lines.index("Seconds by capability, all processes together:")]
    assert len(slowest) == report.SLOWEST
    assert slowest[0].split() == ["14.0", "tests/app/services/test_14.py::test_it"]
    assert slowest[-1].split()[0] == "5.0"


def run(folder: Path, *arguments: str) -> str:
    (folder / "test_sleepers.py").write_text(SLEEPERS)
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.report"]
    done = subprocess.run(
        [*command, f"--rootdir={folder}", "-c", os.devnull, *arguments, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # three seconds of imports
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "two processes"])
def test_a_real_session_says_it_once_whichever_processes_ran_its_tests(
    processes: tuple[str, ...], tmp_path: Path
) -> None:
    told = run(tmp_path, "--seconds", *processes)
    assert told.count("slowest tests") == 1
    first = re.search(r"slowest tests, in seconds:\n +([\d.]+)  (\S+)", told)
    assert first is not None
    assert first[2].endswith("test_slow")
    assert float(first[1]) >= 0.6
    assert "in all (13 tests)" in told


def test_nothing_is_said_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert "slowest" not in run(tmp_path)

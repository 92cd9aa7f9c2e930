"""The arrows of docs/architecture.md, held by running code and not only by sentences."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
MAY_IMPORT_STREAMLIT = ("app/main.py", "app/cached/", "app/dashboard.py", "app/ui/", "pages/")
SOURCES = sorted(
    path
    for folder in ("app", "data_access", "ml", "pages")
    for path in (ROOT / folder).rglob("*.py")
)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


def heads(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def loaded_by(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after this code ran."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys; print(*{{m.split('.')[0] for m in sys.modules}})",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_all_of_ml_loads_neither_streamlit_nor_a_database_library():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "ml").rglob("*.py")
    ]
    loaded = loaded_by("\n".join(f"import {name}" for name in modules))
    assert not loaded & {"streamlit", "sqlalchemy", "duckdb", "app", "data_access", "mlflow"}


def test_the_web_process_loads_no_training_library():
    loaded = loaded_by("import app.main")
    assert not loaded & {"torch", "mlflow", "lightgbm", "neuralforecast"}


def test_only_the_interface_imports_streamlit():
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "streamlit" in heads(path)
        and not str(path.relative_to(ROOT)).startswith(MAY_IMPORT_STREAMLIT)
    ]
    assert offenders == []


def test_pages_hold_no_sql_no_frames_and_no_estimators():
    forbidden = {"sqlalchemy", "pandas", "numpy", "sklearn", "lightgbm", "duckdb", "data_access"}
    offenders = {
        str(path.relative_to(ROOT)): sorted(heads(path) & forbidden)
        for path in (ROOT / "pages").rglob("*.py")
        if heads(path) & forbidden
    }
    assert offenders == {}


def test_nothing_is_ever_unpickled():
    forbidden = {"pickle", "cloudpickle", "joblib", "dill", "shelve", "marshal"}
    offenders = {
        str(path.relative_to(ROOT)): sorted(heads(path) & forbidden)
        for path in SOURCES
        if heads(path) & forbidden
    }
    assert offenders == {}


def test_streamlits_cache_is_used_in_one_package_only():
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "st.cache_data" in path.read_text() and path.parent != ROOT / "app" / "cached"
    ]
    assert offenders == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_grows_above_400_lines(path: Path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_requirements_hold_only_what_is_imported():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    named = {
        line.split("==")[0].split("[")[0].lower()
        for line in lines
        if line and not line.startswith(("#", "-"))
    }
    import_names = {
        "mlflow-skinny": "mlflow",
        "duckdb-engine": "duckdb_engine",
        "pydantic-settings": "pydantic_settings",
        "prometheus-client": "prometheus_client",
        "argon2-cffi": "argon2",
        "adbc-driver-sqlite": "adbc_driver_sqlite",
        "python-calamine": "python_calamine",
        "scikit-learn": "sklearn",
    }
    used = {head.lower() for path in SOURCES for head in heads(path)}
    by_address = {"duckdb-engine", "psycopg"}  # reached through a URL
    chosen = {"torch"}  # what neuralforecast runs on, in the build for processors
    unused = {name for name in named if import_names.get(name, name) not in used}
    unused -= by_address | chosen
    assert unused == set()


def test_no_secret_or_absolute_path_of_a_machine_is_committed():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py", "*.toml", "*.md", "Makefile", "*.yaml", ".ci/run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    marks = ("/" + "work/", "/" + "farm/", "BEGIN PRIVATE" + " KEY")
    offenders = [
        name for name in tracked if any(mark in (ROOT / name).read_text() for mark in marks)
    ]
    assert offenders == []

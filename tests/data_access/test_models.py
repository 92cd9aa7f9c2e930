"""The model store: what is stored stays what it was, once, and never runs code."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from data_access.errors import DataError
from data_access.models import ModelStore, NewVersion, UnsafeFile, require_plain_files
from tests.factories import warm
from tests.factories.postgres import fresh_database

ROOT = Path(__file__).parents[2]

NEW = NewVersion(
    capability="forecasting",
    candidate="lightgbm",
    parameters={"learning_rate": 0.05, "rounds": 300},
    snapshot=3,
    as_of=date(2026, 11, 20),
    asked_by="ada",
    created_at=datetime(2026, 11, 20, 12),
    metrics={"wape": 0.14},
    baseline={"wape": 0.22},
    baseline_label="the mean of the last 8 weeks",
    beats_baseline=True,
    verdict="Off by 14 % over the last 8 weeks; the mean of the last 8 weeks was off by 22 %.",
    seconds=12.5,
    job_id="job-1",
    summary={"cases": 800},
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('models')}/models.db"
        return
    with fresh_database("jobs_models") as address:
        yield address


@pytest.fixture
def store(url, tmp_path, request):
    return ModelStore(url, tmp_path / "models")


@pytest.fixture
def new(request):
    """A version of a capability of this test's own, since the tests share one database."""
    return replace(NEW, capability=request.node.originalname.replace("_", "-")[:100])


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "made"
    (folder / "parts").mkdir(parents=True)
    (folder / "model.txt").write_text("tree\nversion=v4\n")
    (folder / "parts" / "settings.json").write_text('{"lags": [1, 2, 52]}')
    return folder


def test_a_version_is_what_was_stored(store, new, files):
    made = store.create_version(new, files)

    assert made.number == 1
    assert store.versions(new.capability) == [made]
    assert (made.metrics, made.baseline, made.asked_by) == ({"wape": 0.14}, {"wape": 0.22}, "ada")
    kept = store.files(new.capability, 1)
    assert (kept / "model.txt").read_text() == "tree\nversion=v4\n"
    assert (kept / "parts" / "settings.json").exists()
    reopened = ModelStore(store._url, store.folder)
    assert reopened.version(new.capability, 1) == made


def test_one_job_stores_one_version(store, new, files):
    first = store.create_version(new, files)
    again = store.create_version(new, files)
    other = store.create_version(replace(new, job_id="job-2"), files)

    assert (first.number, again.number, other.number) == (1, 1, 2)
    assert [version.number for version in store.versions(new.capability)] == [2, 1]


def test_the_alias_follows_the_champion_and_is_put_right(store, new, files):
    for job in ("job-1", "job-2"):
        store.create_version(replace(new, job_id=job), files)
    store.set_champion_alias(new.capability, 1)

    assert store.repair_aliases({new.capability: 1}) == []
    assert store.repair_aliases({new.capability: 2}) == [new.capability]
    assert store._registry.aliased(new.capability) == 2
    assert store.repair_aliases({new.capability: None}) == [new.capability]
    assert store._registry.aliased(new.capability) is None


@pytest.mark.parametrize(
    "point", ["models-copied", "models-logged", "models-registered", "models-stored"]
)
def test_a_store_killed_at_any_point_holds_all_or_nothing(store, new, files, point):
    capability = f"{new.capability}-{point.replace(':', '-')}"[-100:].strip("-")
    new = replace(new, capability=capability)
    code = (
        "import sys; from pathlib import Path; import tests.data_access.test_models as t\n"
        "from dataclasses import replace; from data_access.models import ModelStore\n"
        "store = ModelStore(sys.argv[1], Path(sys.argv[2]))\n"
        "store.create_version(replace(t.NEW, capability=sys.argv[4]), Path(sys.argv[3]))\n"
    )
    arguments = [store._url, str(store.folder), str(files), capability]
    warm.dies_at(point, "-c", code, *arguments)

    before = store.versions(capability)
    assert len(before) == (1 if point == "models-stored" else 0)
    removed = store.clean()
    registered = point in ("models-registered", "models-stored")
    assert removed == ([] if registered else [f"{capability}/job-1"])
    assert [v.number for v in store.versions(capability)] == ([1] if registered else [])
    assert list(store._registry.numbers(capability).values()) == ([1] if registered else [])

    again = store.create_version(new, files)
    assert [v.number for v in store.versions(capability)] == [again.number] == [1]


def test_cleaning_leaves_alone_what_a_running_job_has_begun(store, new, files):
    begun = store.folder / new.capability / "job-9"
    begun.mkdir(parents=True)

    assert store.clean(lambda: {"job-9"}) == []
    assert store.clean() == [f"{new.capability}/job-9"]


def test_a_changed_file_is_not_read(store, new, files):
    store.create_version(new, files)
    path = store.folder / new.capability / "job-1" / "files" / "model.txt"
    path.write_text("tree\nversion=v5\n")

    with pytest.raises(DataError, match="not what was stored"):
        store.files(new.capability, 1)


def test_a_pickle_laid_into_a_stored_version_is_not_read(store, new, files):
    store.create_version(new, files)
    path = store.folder / new.capability / "job-1" / "files" / "model.txt"
    path.write_bytes(pickle.dumps({"a": 1}))

    with pytest.raises(UnsafeFile, match=r"model\.txt"):
        store.files(new.capability, 1)


class _Attack:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["model.pkl", "model.txt", "model.json", "model.parquet"])
def test_a_pickle_is_refused_under_any_name_and_protocol(tmp_path, protocol, name):
    (tmp_path / name).write_bytes(pickle.dumps(_Attack(), protocol=protocol))

    with pytest.raises(UnsafeFile):
        require_plain_files(tmp_path)


def test_an_archive_with_a_pickle_inside_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("data.pkl", pickle.dumps(_Attack()))
    with pytest.raises(UnsafeFile, match=r"data\.pkl"):
        require_plain_files(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "model.txt").symlink_to("/etc/hostname")
    with pytest.raises(UnsafeFile, match="link"):
        require_plain_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.txt", b"tree\nversion=v4\nend of trees.\n"),
        ("note.md", b"A sentence that ends in a full stop."),
        ("empty.txt", b""),
        ("settings.json", json.dumps({"a": "."}).encode()),
        ("weights.safetensors", bytes([0x80, 0x04, 0, 0, 0, 0, 0, 0]) + b"{}" + b"."),
    ],
)
def test_plain_files_are_not_mistaken_for_pickles(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    require_plain_files(tmp_path)


def test_names_that_lead_elsewhere_are_refused(store):
    with pytest.raises(DataError, match="cannot name"):
        store.versions("../secrets")


def test_listing_versions_does_not_import_mlflow(store, new, files):
    store.create_version(new, files)
    code = (
        "import sys; from pathlib import Path; from data_access.models import ModelStore\n"
        "store = ModelStore(sys.argv[1], Path(sys.argv[2]))\n"
        "assert len(store.versions(sys.argv[3])) == 1\n"
        "assert 'mlflow' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, store._url, str(store.folder), new.capability],
        cwd=ROOT,
        check=True,
    )


def test_lists_leave_out_the_tables_that_a_version_has(store, new, files):
    tables = {"by_level": [{"level": "shop", "wape": 0.1}]}
    store.create_version(replace(new, summary={"cases": 800, "tables": tables}), files)

    for one in (store, ModelStore(store._url, store.folder)):
        assert one.versions(new.capability)[0].summary == {"cases": 800}
        assert one.head(new.capability, 1).summary == {"cases": 800}
        assert one.version(new.capability, 1).summary["tables"] == tables


def test_a_version_stored_before_there_were_heads_is_listed(store, new, files):
    made = store.create_version(replace(new, summary={"cases": 8, "tables": {"a": []}}), files)
    (store.folder / new.capability / "job-1" / "head.json").unlink()

    reopened = ModelStore(store._url, store.folder)
    assert [one.summary for one in reopened.versions(new.capability)] == [{"cases": 8}]
    assert reopened.version(new.capability, 1) == made


def test_a_version_is_found_by_its_number_without_reading_the_others(store, new, files):
    for job in ("job-1", "job-2", "job-3"):
        store.create_version(replace(new, job_id=job), files)
    store.versions(new.capability)
    for job in ("job-1", "job-3"):
        (store.folder / new.capability / job / "version.json").write_text("{}")
        (store.folder / new.capability / job / "head.json").write_text("{}")

    assert store.version(new.capability, 2).job_id == "job-2"


def test_one_file_of_a_version_is_checked_alone(store, new, files):
    store.create_version(new, files)
    folder = store.folder / new.capability / "job-1" / "files"

    assert store.file(new.capability, 1, "model.txt") == folder / "model.txt"
    assert store.file(new.capability, 1, "evaluation.parquet") is None
    (folder / "model.txt").write_text("tree\nversion=v5\n")
    with pytest.raises(DataError, match="not what was stored"):
        store.file(new.capability, 1, "model.txt")
    (folder / "model.txt").unlink()
    with pytest.raises(DataError, match="not what was stored"):
        store.file(new.capability, 1, "model.txt")


def test_a_deleted_version_is_gone_with_its_files_and_its_number_is_not_given_again(
    store, new, files
):
    for job in ("job-1", "job-2"):
        store.create_version(replace(new, job_id=job), files)
    store.set_champion_alias(new.capability, 2)

    assert store.set_aside(new.capability, 1) == f"{new.capability}/job-1"
    assert [one.number for one in store.versions(new.capability)] == [2]
    with pytest.raises(DataError, match="no version 1"):
        store.version(new.capability, 1)
    assert (new.capability, 1) in store.leftovers()
    assert store.clean() == []  # whoever deletes it finishes, or brings it back

    store.destroy(new.capability, 1)
    store.destroy(new.capability, 1)
    assert (new.capability, 1) not in store.leftovers()
    assert [path.name for path in (store.folder / new.capability).iterdir()] == ["job-2"]
    assert store._registry.numbers(new.capability) == {"job-2": 2}
    assert store.create_version(replace(new, job_id="job-3"), files).number == 3
    store.set_aside(new.capability, 3)
    store.destroy(new.capability, 3)
    assert store.create_version(replace(new, job_id="job-4"), files).number == 4


def test_a_version_that_was_set_aside_comes_back_as_it_was(store, new, files):
    made = store.create_version(new, files)
    store.set_aside(new.capability, 1)
    store.bring_back(new.capability, 1)

    assert store.version(new.capability, 1) == made
    assert store.files(new.capability, 1).exists()
    assert store.leftovers() == []

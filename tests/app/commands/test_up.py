"""``python -m app up``: what it says when it cannot start, and how it stops."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from app.listening import listen
from app.supervisor import Supervisor
from tests.factories.patience import BUSY, PATIENCE_S
from tests.factories.running import environment
from tests.factories.shop import ShopFactory

ROOT = Path(__file__).parents[3]


def app(
    *arguments: str, env: dict[str, str], seconds: float = PATIENCE_S
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with its remedy; no traceback beside it."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr.strip()


@pytest.fixture
def own_shop(tmp_path: Path) -> Path:
    """A home whose shop is somebody's own: no mark, a few orders."""
    from data_access.shop.engines import make_engine

    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    shop = ShopFactory(engine)
    for day in range(1, 29):
        shop.order(day=f"2026-02-{day:02}", product="mug", units=1 + day % 3)
    engine.dispose()
    return tmp_path


def test_a_port_in_use_is_said_in_one_sentence_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refusal(app("up", env=environment(tmp_path, SHOPSIGHT_PORT=port)))
    assert said == (
        f"Shopsight: port {port} on 127.0.0.1 is in use or may not be used. "
        "Stop what listens there, or choose another: SHOPSIGHT_PORT=8600 make run."
    )


def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path):
    url = "postgresql://reader:hunter2@127.0.0.1:1/shop"
    said = refusal(app("up", env=environment(tmp_path, SHOP_DATABASE_URL=url)))
    assert "does not answer" in said
    assert "hunter2" not in said


def test_a_full_disk_is_said_in_one_sentence(tmp_path, monkeypatch):
    from app.listening import StartError
    from app.supervisor import require_space

    monkeypatch.setattr("app.supervisor.NEEDED_FREE_MB", 10**9)
    with pytest.raises(StartError, match="MB are needed") as refused:
        require_space(tmp_path)
    assert "SHOPSIGHT_HOME" in refused.value.remedy


def test_a_named_database_without_tables_is_not_filled_with_a_demo(tmp_path):
    url = f"sqlite:///{tmp_path / 'typo.db'}"
    said = refusal(app("up", env=environment(tmp_path, SHOP_DATABASE_URL=url)))
    assert "holds no tables" in said


def test_settings_that_cannot_be_used_are_named(tmp_path):
    said = refusal(app("up", env=environment(tmp_path, SHOP_TIME_ZONE="Mars/Base")))
    assert "SHOP_TIME_ZONE cannot be used: there is no time zone called 'Mars/Base'." in said


def test_two_applications_never_share_a_home(tmp_path):
    from app.settings import Settings

    with Supervisor(Settings(_env_file=None, home=tmp_path), listen("127.0.0.1", 0)):
        said = refusal(app("up", env=environment(tmp_path)))
    assert "already runs" in said


def test_an_own_shop_opens_with_one_admin_and_ctrl_c_leaves_nothing_running(own_shop):
    env = environment(own_shop)
    shop_before = (own_shop / "shop.db").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "up"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if "is open at" in line:
            break
    port = said[-1].rsplit(":", 1)[1].strip()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S) as answer:
        assert answer.status == 200
    family = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0, errors
    assert time.monotonic() - started < BUSY * 15
    assert "Traceback" not in errors
    assert "Shopsight has stopped." in rest
    assert any("name admin, password" in line for line in said)
    assert len(family) >= 2
    _gone, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    assert alive == []
    assert (own_shop / "shop.db").read_bytes() == shop_before

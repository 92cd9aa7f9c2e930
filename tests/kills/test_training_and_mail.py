"""kill -9 between the candidates of one training, and between a digest and its note."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.access import Identity, Role
from app.services import settings
from data_access.state import follows, users
from data_access.state.forecast_tables import Digest
from tests.app.services.digest.mail_server import Box, mail_server
from tests.factories.patience import PATIENCE_S

ADMIN = Identity(name="root", role=Role.admin)
LONG_AGO = datetime(2020, 1, 1)


def test_a_training_killed_between_candidates_keeps_the_first_and_doubles_nothing(scene):
    rows = [{"candidate": key, "parameters": {}} for key in ("recent_mean", "croston")]
    job_id = scene.desk.jobs.start(
        "train", {"capability": "forecasting", "candidates": rows}, "ada"
    )
    for point in ("train-stored", "train-evaluated"):
        scene.dies(scene.worker(kill_at=point))
        stored = scene.desk.models.versions("forecasting")
        assert [version.candidate for version in stored] == ["recent_mean"], point

    worker = scene.worker()
    job = scene.ended(job_id)
    scene.stop(worker)
    assert (job.state, job.result["versions"]) == ("done", [1, 2])
    versions = scene.desk.models.versions("forecasting")
    assert [v.job_id for v in versions] == [f"{job_id}-1-croston", f"{job_id}-0-recent_mean"]


def test_a_digest_killed_after_it_was_sent_is_not_sent_again(scene):
    box = Box()
    with mail_server(box) as port:
        for key, value in {
            "mail_host": "127.0.0.1",
            "mail_port": port,
            "mail_security": "none",
            "mail_from": "shop@example.com",
        }.items():
            settings.change_setting(scene.desk, ADMIN, key=key, value=value)
        with scene.desk.state.write() as session:
            ada = users.add_user(
                session, name="ada", role="merchandiser", password_hash="-", now=LONG_AGO
            )
            ada.mail = "ada@example.com"
            follows.follow(session, user_id=ada.user_id, category_id="kitchen", now=LONG_AGO)

        scene.dies(scene.start("-c", SEND, kill_at="digest-sent"))
        assert len(box.mails) == 1
        again = scene.start("-c", SEND)
        assert again.wait(PATIENCE_S) == 0, scene.log.read_text()

    assert len(box.mails) == 1
    with scene.desk.state.read() as session:
        (row,) = session.scalars(select(Digest))
    assert (row.state, "not sent again" in row.said) == ("unsure", True)


SEND = """
from datetime import UTC, datetime
from app.context import open_desk
from app.services.digest import sending
from app.services.digest.noteworthy import CategoryDigest, Note
from app.settings import Settings
note = Note(kind="changed", product_id="mug", product="Mug", text="more", money=100.0)
found = CategoryDigest(category_id="kitchen", label="Kitchen", notes=(note,), left_out=0)
sending._of_categories = lambda desk, wanted: {"kitchen": found}
now = datetime.now(UTC).replace(tzinfo=None)
sending.send_due(open_desk(Settings()), now=now, progress=lambda *_: None)
"""

"""The weekly digest: quiet without cause, sent once, failures kept and made good."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from app.access import AccessDenied, Identity, Role
from app.context import open_desk
from app.jobs.kinds import JobError
from app.services import digest, settings
from app.services.digest import noteworthy, sending, writing
from app.services.digest.noteworthy import CategoryDigest, Note
from app.services.users import UserError
from data_access.state import digests, users
from data_access.state.forecast_tables import Digest
from data_access.state.tables import AuditEntry
from tests.app.services.digest.mail_server import Box, mail_server, silent_port
from tests.factories.postgres import migrated_database
from tests.factories.small_shop import close, copy_home, lay_home

pytestmark = pytest.mark.usefixtures("wednesday_morning")

ADMIN = Identity(name="root", role=Role.admin)
MONDAY = datetime(2026, 11, 23, 5, 0)  # 6:00 in Berlin
LONG_AGO = datetime(2026, 10, 1)
WORTH = CategoryDigest(
    category_id="kitchen",
    label="Kitchen <b>",
    notes=(
        Note(
            kind="changed",
            product_id="mug&1",
            product="Mug <script>",
            text="40 units expected in the next 4 weeks, a week ago it was 20: EUR 200 more.",
            money=200.0,
        ),
    ),
    left_out=2,
)
QUIET = CategoryDigest(category_id="garden", label="Garden", notes=(), left_out=0)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return lay_home(tmp_path_factory.mktemp("digest") / "home")


@pytest.fixture
def desk(template, tmp_path):
    made = open_desk(copy_home(template, tmp_path / "home"))
    yield made
    close(made)


@pytest.fixture
def on_postgres(template, tmp_path):
    with migrated_database("t_digest") as url:
        home = copy_home(template, tmp_path / "home")
        made = open_desk(home.model_copy(update={"app_database_url": url}))
        yield made
        close(made)


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def port(box):
    with mail_server(box) as number:
        yield number


def person(desk, name: str, *categories: str, mail: str | None = "") -> int:
    from data_access.state import follows

    with desk.state.write() as session:
        user = users.add_user(
            session, name=name, role="merchandiser", password_hash="-", now=LONG_AGO
        )
        user.mail = f"{name}@example.com" if mail == "" else mail
        for one in categories:
            follows.follow(session, user_id=user.user_id, category_id=one, now=LONG_AGO)
        return user.user_id


def by_server(desk, port: int) -> None:
    for key, value in {
        "mail_host": "127.0.0.1",
        "mail_port": port,
        "mail_security": "none",
        "mail_from": "shop@example.com",
        "public_address": "https://shop.example.com/desk",
    }.items():
        settings.change_setting(desk, ADMIN, key=key, value=value)


@pytest.fixture
def worth_telling(monkeypatch):
    """Kitchen has something noteworthy, garden has not."""
    found = {"kitchen": WORTH, "garden": QUIET}
    monkeypatch.setattr(sending, "_of_categories", lambda desk, wanted: found)


def run(desk, now=MONDAY, pauses=None):
    pause = (lambda seconds: None) if pauses is None else pauses.append
    return sending.send_due(desk, now=now, progress=lambda *_, **__: None, pause=pause)


def states(desk) -> dict[str, tuple[str, date]]:
    with desk.state.read() as session:
        rows = session.scalars(select(Digest)).all()
        return {users.get_user(session, row.user_id).name: (row.state, row.week) for row in rows}


@pytest.mark.usefixtures("worth_telling")
@pytest.mark.parametrize("kept_in", ["desk", "on_postgres"])
def test_who_follows_what_is_noteworthy_gets_one_mail_and_the_others_none(
    request, kept_in, box, port
):
    desk = request.getfixturevalue(kept_in)
    by_server(desk, port)
    person(desk, "ada", "kitchen", "garden")
    person(desk, "bob", "garden")
    person(desk, "cleo", "kitchen", mail=None)
    person(desk, "dan")

    found = run(desk)
    assert (found.sent, found.quiet, found.without_address) == (1, 1, 1)
    assert [mail["To"] for mail in box.mails] == ["ada@example.com"]
    monday = date(2026, 11, 23)
    assert states(desk) == {"ada": ("sent", monday), "bob": ("quiet", monday)}

    again = run(desk, MONDAY + timedelta(days=2))
    assert (again.sent, again.quiet, again.skipped) == (0, 0, 2)
    assert len(box.mails) == 1
    run(desk, MONDAY + timedelta(days=7))
    assert len(box.mails) == 2


@pytest.mark.usefixtures("worth_telling")
def test_the_mail_says_what_where_and_links_back_and_nothing_in_it_is_markup(desk, box, port):
    by_server(desk, port)
    person(desk, "ada", "kitchen")
    run(desk)

    (mail,) = box.mails
    assert mail["Subject"] == "3 products to look at in Kitchen <b>"
    text = mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert "Mug <script>: 40 units expected" in text
    assert "And 2 more of less weight" in text
    link = "https://shop.example.com/desk/forecasting?view=Explore&level=Product&product=mug%261"
    assert link in text.replace("=\n", "")
    assert "<script>" not in page
    assert "Kitchen &lt;b&gt;" in page
    assert link.replace("&", "&amp;") in page


def test_without_an_address_of_the_application_there_are_no_links():
    text = writing.text([WORTH], week=date(2026, 11, 23), base=None)
    page = writing.html([WORTH], week=date(2026, 11, 23), base=None)
    assert "http" not in text
    assert "href" not in page


@pytest.mark.usefixtures("worth_telling")
def test_a_refused_address_fails_alone_is_kept_with_its_reason_and_tried_again(desk, box, port):
    by_server(desk, port)
    person(desk, "ada", "kitchen")
    person(desk, "eve", "kitchen")
    box.unknown.add("ada@example.com")
    with pytest.raises(JobError, match="ada: The mail server refused the address") as told:
        run(desk)
    assert "1 sent" in str(told.value)
    assert states(desk)["ada"][0] == "failed"
    assert states(desk)["eve"][0] == "sent"

    box.unknown.clear()
    found = run(desk, MONDAY + timedelta(days=1))
    assert (found.sent, found.skipped) == (1, 1)
    assert len(box.to("ada@example.com")) == len(box.to("eve@example.com")) == 1


@pytest.mark.usefixtures("worth_telling")
def test_a_server_that_is_busy_is_tried_again_a_little_later(desk, box, port):
    by_server(desk, port)
    person(desk, "ada", "kitchen")
    box.busy = 2
    pauses: list[float] = []

    assert run(desk, pauses=pauses).sent == 1
    assert pauses == list(sending.PAUSES_S)
    assert len(box.mails) == 1


@pytest.mark.usefixtures("worth_telling")
def test_a_server_that_is_down_leaves_the_reason_and_the_next_run_makes_it_good(desk, box, port):
    person(desk, "ada", "kitchen")
    with silent_port() as nobody:
        by_server(desk, nobody)
        with pytest.raises(JobError, match="does not answer"):
            run(desk)
    by_server(desk, port)
    assert run(desk, MONDAY + timedelta(days=1)).sent == 1


@pytest.mark.usefixtures("worth_telling")
def test_no_mail_server_at_all_is_said_and_not_kept_silent(desk):
    person(desk, "ada", "kitchen")
    with pytest.raises(JobError, match="No mail server is set"):
        run(desk)


@pytest.mark.usefixtures("worth_telling")
def test_what_was_broken_off_while_it_was_handed_over_is_not_sent_again(desk, box, port):
    by_server(desk, port)
    ada = person(desk, "ada", "kitchen")
    with desk.state.write() as session:
        week = date(2026, 11, 23)
        assert digests.claim(session, user_id=ada, week=week, items=1, now=MONDAY)

    assert run(desk).sent == 0
    assert box.mails == []
    assert states(desk)["ada"][0] == "unsure"


@pytest.mark.parametrize("kept_in", ["desk", "on_postgres"])
def test_a_digest_is_claimed_once_until_it_has_failed(request, kept_in):
    desk = request.getfixturevalue(kept_in)
    ada, week = person(desk, "ada"), date(2026, 11, 23)
    given = {"user_id": ada, "week": week, "now": MONDAY}
    with desk.state.write() as session:
        assert digests.claim(session, items=1, **given)
        assert not digests.claim(session, items=1, **given)
        digests.settle(session, state="failed", said="why", **given)
        assert digests.claim(session, items=1, **given)
        digests.settle(session, state="sent", said="subject", **given)
        assert not digests.claim(session, items=1, **given)


@pytest.mark.usefixtures("worth_telling")
def test_whoever_began_to_follow_this_week_waits_for_the_next(desk, box, port):
    by_server(desk, port)
    ada = person(desk, "ada")
    me = Identity(name="ada", role=Role.merchandiser, user_id=ada)
    digest.follow(desk, me, "kitchen")
    now = datetime.now(UTC).replace(tzinfo=None)

    assert run(desk, now).sent == 0
    assert run(desk, now + timedelta(days=7)).sent == 1


def test_one_follows_categories_that_there_are_and_only_as_a_person(desk):
    ada = person(desk, "ada")
    me = Identity(name="ada", role=Role.merchandiser, user_id=ada)
    with pytest.raises(UserError, match="no category nonsense"):
        digest.follow(desk, me, "nonsense")
    with pytest.raises(UserError, match="Only a person"):
        digest.follow(desk, ADMIN, "kitchen")
    digest.follow(desk, me, "kitchen")
    digest.follow(desk, me, "kitchen")
    assert digest.following(desk, me).categories == ("kitchen",)
    digest.unfollow(desk, me, "kitchen")
    assert digest.following(desk, me).categories == ()


def test_an_address_is_ones_own_or_an_admins_to_change_and_stays_out_of_the_audit(desk):
    ada, bob = person(desk, "ada"), person(desk, "bob")
    me = Identity(name="ada", role=Role.merchandiser, user_id=ada)
    digest.set_own_mail(desk, me, " ada@work.example.com ")
    assert digest.following(desk, me).mail == "ada@work.example.com"
    with pytest.raises(AccessDenied):
        digest.set_mail(desk, me, bob, "eve@example.com")
    digest.set_mail(desk, Identity(name="root", role=Role.admin, user_id=99), bob, "")
    with desk.state.read() as session:
        assert users.get_user(session, bob).mail is None
        told = [f"{e.before} {e.after}" for e in session.scalars(select(AuditEntry))]
    assert not any("@" in text for text in told)


def of(**price: float) -> noteworthy._Of:
    names = pd.DataFrame({"name": list(price), "price": list(price.values())}, index=list(price))
    return noteworthy._Of(products=names, worth=50.0, currency="EUR")


def expected(**units: float) -> pd.DataFrame:
    return pd.DataFrame({"product_id": list(units), "mean": list(units.values())})


def test_a_change_counts_from_twenty_per_cent_and_where_it_matters_in_money():
    now = expected(mug=125.0, bowl=119.0, spoon=4.0, kettle=10.0)
    then = expected(mug=100.0, bowl=100.0, spoon=2.0, kettle=30.0)
    found = noteworthy._changed(now, then, of(mug=10.0, bowl=10.0, spoon=5.0, kettle=20.0))

    # bowl changed by 19 %; spoon doubled, which is EUR 10 of the 50 that matter
    told = {note.product_id: note for note in found}
    assert {name: note.money for name, note in told.items()} == {"mug": 250.0, "kettle": 400.0}
    assert told["mug"].text == (
        "125 units expected in the next 4 weeks, a week ago it was 100: EUR 250 more."
    )
    assert told["kettle"].text.endswith("EUR 400 less.")


def test_a_miss_counts_outside_the_95_per_cent_range_but_not_for_want_of_stock():
    said = pd.DataFrame(
        {
            "product_id": ["mug", "bowl", "plate", "spoon"],
            "mean": [20.0, 20.0, 20.0, 20.0],
            "lo95": [10.0] * 4,
            "hi95": [30.0] * 4,
        }
    )
    sold = pd.DataFrame(
        {
            "product_id": ["mug", "bowl", "plate"],
            "units": [31.0, 30.0, 2.0],
            "stockout_days": [0, 0, 3],
        }
    )
    found = noteworthy._missed(said, sold, of(mug=10.0, bowl=10.0, plate=10.0, spoon=10.0))

    # bowl lies on the range's edge, plate had no stock; spoon sold nothing at all
    assert [(note.product_id, note.money) for note in found] == [("mug", 110.0), ("spoon", 200.0)]


def test_a_shortage_counts_by_the_sales_that_are_missed_before_a_delivery():
    short = pd.DataFrame(
        {
            "product_id": ["mug", "bowl", "elsewhere"],
            "on_hand": [3.0, 1.0, 0.0],
            "out_on": pd.to_datetime(["2026-11-25", "2026-11-24", "2026-11-24"]),
            "arrives_on": pd.to_datetime(["2026-12-07"] * 3),
            "order": [40.0, 10.0, 10.0],
            "too_late": [120.0, 49.0, 900.0],
        }
    )
    (note,) = noteworthy._short(short, of(mug=10.0, bowl=10.0))
    assert note.text == (
        "3 in stock, gone about 25 Nov and an order of today arrives about 7 Dec: EUR 120 of "
        "sales are missed before. Proposed: 40 units."
    )


def test_a_real_shop_whose_forecast_stays_has_nothing_noteworthy(desk):
    from app.services import forecasting

    assert noteworthy.gather(desk) is None
    forecasting.publish(desk, job_id="first", progress=lambda *_: None)
    material = noteworthy.gather(desk)
    found = noteworthy.of_category(desk, material, "kitchen")
    assert (found.label, found.notes) == ("Kitchen", ())
    assert noteworthy.of_category(desk, material, "nonsense") is None

"""Follow a category: its weekly digest by mail, and the address it goes to."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.services import digest as service
from app.services.digest import Following
from app.ui import acts, dialogs, feedback, state, words

MOST = 200  # categories offered: more than a shop has
STATES = {
    "sent": "sent",
    "quiet": "nothing noteworthy, so no mail",
    "failed": "failed",
    "unsure": "broken off; it may have arrived",
    "sending": "being sent",
}


def button(desk: Desk, person: Identity, category_id: str | None = None) -> None:
    """In a heading: says whether the category is followed, and opens the dialog.

    category_id : that the page shows; None: it shows no single one, so the dialog asks for some.
    """
    if person.user_id is None:
        return
    found = service.following(desk, person)
    followed = category_id in found.categories if category_id else bool(found.categories)
    if acts.pressed(
        "Following" if followed else "Follow",
        icon=":material/notifications_active:" if followed else ":material/notifications:",
        key="follow",
        help="A mail on Monday morning, only when something is worth knowing",
    ):
        _dialog(category_id)


@dialogs.dialog("Weekly digest")
def _dialog(category_id: str | None) -> None:
    choose(category_id)


def choose(category_id: str | None) -> None:
    """What is followed, where mail goes, and what became of the last digests."""
    desk = state.desk()
    with feedback.explain_errors():
        person = state.identity()
        found = service.following(desk, person)
        st.markdown(
            "On Monday morning you get a mail about the categories you follow, and only if a "
            "product runs out before its delivery, a forecast has changed by more than 20 %, or "
            "last week went otherwise than its 95 % range said."
        )
        if not found.server:
            feedback.watch("No mail server is set yet: an admin sets it on the page Settings.")
        names = _names()
        chosen = st.multiselect(
            "Categories",
            list(names),
            default=_chosen(found, names, category_id),
            format_func=lambda one: names[one],
            key="follow_categories",
        )
        address = st.text_input(
            "Your mail address",
            value=found.mail or "",
            max_chars=254,
            placeholder="ada@example.com",
            key="follow_mail",
        )
        if acts.pressed("Save", type="primary", icon=":material/check:", key="follow_save"):
            _save(desk, person, found, chosen, address)
        for week, how, said in found.last:
            told = f"{words.day(week)}: {STATES.get(how, how)}"
            st.caption(words.plain(f"{told}. {said or ''}".strip()))


def _save(desk: Desk, person: Identity, found: Following, chosen: list[str], address: str) -> None:
    if address.strip() != (found.mail or ""):
        service.set_own_mail(desk, person, address)
    for one in set(chosen) - set(found.categories):
        service.follow(desk, person, one)
    for one in set(found.categories) - set(chosen):
        service.unfollow(desk, person, one)
    number = words.counted(len(chosen), "category", "categories")
    said = f"You follow {number}" if chosen else "You follow no category any more"
    if chosen and not address.strip():
        said += "; without a mail address nothing can be sent"
    feedback.done(said)
    st.rerun()


def _chosen(found: Following, names: dict[str, str], category_id: str | None) -> list[str]:
    """What is followed already; the category of the page is offered along with it."""
    wanted = [*found.categories, *([category_id] if category_id else [])]
    return [one for one in dict.fromkeys(wanted) if one in names]


def _names() -> dict[str, str]:
    """Categories of the newest snapshot by id, with the one above."""
    newest = cached.manifest()
    if newest is None:
        return {}
    options = cached.series_options(cached.dated(newest.number), "category", "", MOST)
    return {
        one.series_id: f"{one.label} · {one.category}" if one.category else one.label
        for one in options
    }

"""Every page once: where it is, what it asks, and who may open it. A link is drawn from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.access import Identity, Permission, allowed

ROOT = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page of the application."""

    slug: str  # its address
    group: str  # heading in the navigation; "" for those on top
    title: str
    icon: str
    about: str
    needs: Permission

    @property
    def file(self) -> Path:
        return ROOT / self.slug / "page.py"


PLACES: tuple[Place, ...] = (
    Place(
        slug="home",
        group="",
        title="Today",
        icon=":material/today:",
        about="What needs me today: key figures, work waiting, freshness of the data.",
        needs=Permission.READ,
    ),
    Place(
        slug="forecasting",
        group="Sell",
        title="Forecasting",
        icon=":material/trending_up:",
        about="How many units will sell, why, and which model says so.",
        needs=Permission.READ,
    ),
    Place(
        slug="data",
        group="Run",
        title="Data",
        icon=":material/database:",
        about="Snapshots, their checks, imports, and the comparison with the shop's own totals.",
        needs=Permission.READ,
    ),
    Place(
        slug="settings",
        group="Run",
        title="Settings",
        icon=":material/tune:",
        about="Targets, service level, capacity and what else staff decide about the desk.",
        needs=Permission.READ,
    ),
    Place(
        slug="users",
        group="Run",
        title="Users and keys",
        icon=":material/group:",
        about="Who may enter, with which role, and which programs may read.",
        needs=Permission.READ,
    ),
    Place(
        slug="audit",
        group="Run",
        title="Audit",
        icon=":material/history:",
        about="Who did what, when, and why.",
        needs=Permission.READ,
    ),
)
BY_SLUG = {place.slug: place for place in PLACES}


def open_to(identity: Identity) -> dict[str, list[st.Page]]:
    """Pages of the navigation for this person, by group; made anew on each run."""
    groups: dict[str, list[st.Page]] = {}
    for place in PLACES:
        if allowed(identity, place.needs):
            groups.setdefault(place.group, []).append(_page(place))
    return groups


def link(slug: str, label: str, *, query: dict[str, str] | None = None) -> None:
    """A link to a page, by its place."""
    place = BY_SLUG[slug]
    st.page_link(_page(place), label=label, icon=place.icon, query_params=query)


def _page(place: Place) -> st.Page:
    return st.Page(
        place.file,
        title=place.title,
        icon=place.icon,
        url_path=place.slug,
        default=place.slug == "home",
        help=place.about,
    )

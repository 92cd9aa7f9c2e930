"""Every page once: where it is, what it asks, and who may open it. A link is drawn from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from app.access import Identity, Permission

ROOT = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page of the application."""

    slug: str  # its address
    group: str  # heading in the navigation; "" for those on top
    title: str
    icon: str
    about: str
    needs: frozenset[Permission]  # any of them opens it

    def open_to(self, identity: Identity) -> bool:
        return any(identity.may(permission) for permission in self.needs)

    @property
    def file(self) -> Path:
        return ROOT / self.slug / "page.py"


READ = frozenset({Permission.read_pages})

PLACES: tuple[Place, ...] = (
    Place(
        slug="home",
        group="",
        title="Today",
        icon=":material/today:",
        about="What needs me today: key figures, work waiting, freshness of the data.",
        needs=READ,
    ),
    Place(
        slug="forecasting",
        group="Sell",
        title="Forecasting",
        icon=":material/trending_up:",
        about="How many units will sell, why, and which model says so.",
        needs=READ,
    ),
    Place(
        slug="fraud",
        group="Watch",
        title="Fraud review",
        icon=":material/shield:",
        about="Which orders should we stop, and which should we let go?",
        needs=READ,
    ),
    Place(
        slug="models",
        group="Run",
        title="Models",
        icon=":material/model_training:",
        about="Which models decide what, can they still be trusted, and who switched them on?",
        needs=READ,
    ),
    Place(
        slug="data",
        group="Run",
        title="Data",
        icon=":material/database:",
        about="Snapshots, their checks, imports, and the comparison with the shop's own totals.",
        needs=READ,
    ),
    Place(
        slug="settings",
        group="Run",
        title="Settings",
        icon=":material/tune:",
        about="Targets, service level, capacity and what else staff decide about the desk.",
        needs=frozenset(
            {
                Permission.set_targets,
                Permission.set_fraud_thresholds,
                Permission.manage_settings,
            }
        ),
    ),
    Place(
        slug="users",
        group="Run",
        title="Users and keys",
        icon=":material/group:",
        about="Who may enter, with which role, and which programs may read.",
        needs=frozenset({Permission.manage_users, Permission.manage_keys}),
    ),
    Place(
        slug="audit",
        group="Run",
        title="Audit",
        icon=":material/history:",
        about="Who did what, when, and why.",
        needs=frozenset({Permission.read_audit}),
    ),
)
BY_SLUG = {place.slug: place for place in PLACES}


def navigation(identity: Identity) -> dict[str, list[st.Page]]:
    """Pages of the navigation for this person, by group; made anew on each run."""
    groups: dict[str, list[st.Page]] = {}
    for place in PLACES:
        if place.open_to(identity):
            groups.setdefault(place.group, []).append(_page(place))
    return groups


def link(slug: str, label: str, *, query: dict[str, str] | None = None) -> None:
    """A link to a page, by its place."""
    st.page_link(_page(BY_SLUG[slug]), label=label, query_params=query)


def go(slug: str, *, query: dict[str, str]) -> NoReturn:
    """Leave for another page at once."""
    st.switch_page(_page(BY_SLUG[slug]), query_params=query)


def _page(place: Place) -> st.Page:
    return st.Page(
        place.file,
        title=place.title,
        icon=place.icon,
        url_path=place.slug,
        default=place.slug == "home",
        help=place.about,
    )

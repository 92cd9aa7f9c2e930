"""A person's digest as a mail: plain text, and HTML in which nothing from the data is markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from urllib.parse import urlencode

from app.services.digest.noteworthy import CategoryDigest, Kind, Note

TITLES: dict[Kind, str] = {
    "short": "Runs out before a delivery can arrive",
    "changed": "The forecast has changed",
    "missed": "Last week went otherwise than expected",
}
INK, MUTED, LINE, GREEN = "#1d2524", "#6d7572", "#dedad0", "#1f5f5b"


def subject(found: Sequence[CategoryDigest]) -> str:
    """What is in it, in the line that is read first."""
    number = sum(len(one.notes) + one.left_out for one in found)
    products = "1 product" if number == 1 else f"{number} products"
    names = [one.label for one in found]
    where = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return " ".join(f"{products} to look at in {where}".split())[:150]


def text(found: Sequence[CategoryDigest], *, week: date, base: str | None) -> str:
    """The mail for those who read plain text."""
    lines = [f"Week of {_day(week)}", ""]
    for one in found:
        lines += [one.label, "=" * len(one.label), ""]
        for kind, title in TITLES.items():
            notes = [note for note in one.notes if note.kind == kind]
            if not notes:
                continue
            lines += [f"{title}:", ""]
            for note in notes:
                lines.append(f"- {_flat(note.product)}: {_flat(note.text)}")
                if base:
                    lines.append(f"  {_product_link(base, note)}")
            lines.append("")
        lines += [_rest(one), ""] if one.left_out else []
    if base:
        lines += [f"The order list: {_order_link(base)}", ""]
    return "\n".join([*lines, _why(base), ""])


def html(found: Sequence[CategoryDigest], *, week: date, base: str | None) -> str:
    """The same with headings and links; everything from the data is escaped."""
    parts = [
        f'<div style="font-family:Inter,Helvetica,Arial,sans-serif;color:{INK};max-width:640px">',
        f'<p style="color:{MUTED}">Week of {escape(_day(week))}</p>',
    ]
    for one in found:
        parts.append(f'<h2 style="border-bottom:1px solid {LINE}">{escape(one.label)}</h2>')
        for kind, title in TITLES.items():
            notes = [note for note in one.notes if note.kind == kind]
            if notes:
                items = "".join(_item(note, base) for note in notes)
                parts.append(f"<h3>{escape(title)}</h3><ul>{items}</ul>")
        if one.left_out:
            parts.append(f"<p>{escape(_rest(one))}</p>")
    if base:
        link = escape(_order_link(base), quote=True)
        parts.append(f'<p><a style="color:{GREEN}" href="{link}">Open the order list</a></p>')
    parts.append(f'<p style="color:{MUTED}">{escape(_why(base))}</p></div>')
    return "\n".join(parts)


def _item(note: Note, base: str | None) -> str:
    name = f"<b>{escape(note.product)}</b>"
    if base:
        link = escape(_product_link(base, note), quote=True)
        name = f'<a style="color:{GREEN}" href="{link}">{name}</a>'
    return f"<li>{name}: {escape(note.text)}</li>"


def _product_link(base: str, note: Note) -> str:
    query = {"view": "Explore", "level": "Product", "product": note.product_id}
    return f"{base}/forecasting?{urlencode(query)}"


def _order_link(base: str) -> str:
    return f"{base}/forecasting?{urlencode({'view': 'Decide'})}"


def _rest(one: CategoryDigest) -> str:
    more = "1 more" if one.left_out == 1 else f"{one.left_out} more"
    return f"And {more} of less weight, on the page."


def _why(base: str | None) -> str:
    where = f" at {base}/forecasting" if base else ", page Forecasting"
    return f"You get this because you follow these categories in Shopsight{where}; Follow ends it."


def _flat(text: str) -> str:
    return " ".join(text.split())


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

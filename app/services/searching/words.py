"""A search in sentences: each try as it comes, and what it was worth in the end."""

from __future__ import annotations

from app.services.searching.book import Book, Try
from data_access.models import ModelVersion
from ml.contract import Candidate, Value


def told(book: Book, one: Try, candidate: Candidate) -> str:
    """ "Try 4: WAPE 21.3 %, the best so far. Trees 240, leaves of a tree 31."""
    if one.figure is None:
        return f"Try {one.number} could not be measured: {one.why}"
    best = book.best
    place = "the best so far" if best is not None and best.number == one.number else ""
    if one.number == 1:
        place = "with the usual parameters"
    head = f"Try {one.number}: {book.measure} {figure(book, one.figure)}"
    return f"{head}{', ' + place if place else ''}. {values(candidate, one.parameters)}."


def values(candidate: Candidate, chosen: dict[str, Value]) -> str:
    """ "Trees 240, learning rate 0.031"."""
    labels = {one.name: one.label for one in candidate.parameters}
    said = [f"{labels.get(name, name)} {shown(value)}" for name, value in chosen.items()]
    return ", ".join(text if number == 0 else _small(text) for number, text in enumerate(said))


def shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def found_sentence(
    book: Book, version: ModelVersion, reported: float | None, *, trained: bool
) -> str:
    """What was found, and whether it holds on days that no try had seen."""
    best, first = book.best, book.tries[0]
    assert best is not None
    stored = (
        f"Version {version.number} is stored."
        if trained
        else f"Version {version.number} has these parameters and these data already; it was not "
        "trained once more."
    )
    tried = f"{len(book.tries)} tries"
    if len(book.tries) == 1:
        return (
            "The minutes were over after the usual parameters, so nothing else was tried; search "
            f"for longer. {stored} {version.verdict}"
        )
    if best.number == 1:
        return (
            f"{tried} judged on days up to {book.earlier:%d %b %Y}: none is better than the usual "
            f"parameters. {stored} {version.verdict}"
        )
    earlier = f"{book.measure} {figure(book, best.figure)}"
    if first.figure is not None:
        earlier += f" against {figure(book, first.figure)} of the usual parameters"
    lasts = _lasts(book, reported)
    return (
        f"{tried} judged on days up to {book.earlier:%d %b %Y}; the best had {earlier}. {lasts} "
        f"{stored} {version.verdict}"
    )


def _lasts(book: Book, reported: float | None) -> str:
    if reported is None or book.usual is None:
        return ""
    later = f"{figure(book, reported)} against {figure(book, book.usual)}"
    if _better(book, reported, book.usual):
        return f"On the later days, which no try had seen, it has {later}."
    return (
        f"On the later days, which no try had seen, it has {later}: what the search found does "
        "not last."
    )


def _better(book: Book, one: float, other: float) -> bool:
    if book.better == "near zero":
        return abs(one) < abs(other)
    return one > other if book.better == "higher" else one < other


def figure(book: Book, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 100:.1f} %" if book.unit == "share" else f"{value:.3g}"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]

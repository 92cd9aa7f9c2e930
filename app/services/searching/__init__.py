"""Search for better parameters within a budget of minutes."""

from __future__ import annotations

from app.services.searching.asking import LONGEST_MINUTES, ask, offered, request
from app.services.searching.book import Book, Try, read
from app.services.searching.trying import Searched, search

__all__ = [
    "LONGEST_MINUTES",
    "Book",
    "Searched",
    "Try",
    "ask",
    "offered",
    "read",
    "request",
    "search",
]

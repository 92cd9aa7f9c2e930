"""Files that are uploaded to Streamlit: by whom, into which page, how large and how many at once.

Streamlit takes a file from whoever knows the number of an open page, and keeps it in the memory of
this process. Here it is taken only from the person whose page it is, and only where the role has
anything to upload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import Identity, Permission
from app.web.identity import IDENTITY
from app.web.problems import problem

FOLDER = "/_stcore/upload_file"
LARGEST_MB = 20
"""Of one file, for every purpose that there is: further columns by day, and counts of stock."""
AROUND = 64 * 1024
"""Bytes that a form adds to its file."""
AT_ONCE, AT_ONCE_OF_ONE = 6, 2
"""Files on their way at the same time: of everybody, and into one page."""
NEEDED = Permission.decide_commerce
"""Whoever lacks it has no page with a field for files."""


class Uploads:
    """ASGI middleware behind the gate.

    Parameters
    ----------
    is_own : whether a page, by its number, was opened by whom these headers of the gate name.
    make_room : forget the oldest files of a page; false where all pages together hold too much.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_own: Callable[[str, Mapping[str, str]], bool],
        make_room: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._is_own = is_own
        self._make_room = make_room
        self._on_their_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOLDER):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        page, file = (*scope["path"].removeprefix(f"{FOLDER}/").split("/", 1), "")[:2]
        identity: Identity | None = scope.get(IDENTITY)
        refusal: Response
        if identity is None or not identity.may(NEEDED):
            refusal = problem(
                403, "Your role uploads no files.", remedy="Ask an admin for another role."
            )
        elif not file or "/" in file or not self._is_own(page, headers):
            refusal = problem(
                403, "This page is not yours, or no longer open.", remedy="Load the page again."
            )
        elif scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        elif _told_length(headers) > LARGEST_MB * 2**20 + AROUND:
            refusal = _too_large()
        elif (
            self._on_their_way.total() >= AT_ONCE or self._on_their_way[page] >= AT_ONCE_OF_ONE
        ) or not self._make_room(page):
            refusal = problem(
                503, "Too many files are uploaded right now.", remedy="Try again in a minute."
            )
        else:
            await self._take(page, scope, receive, send)
            return
        await refusal(scope, receive, send)

    async def _take(self, page: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and refuse what turns out to be larger than was told."""
        self._on_their_way[page] += 1
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST_MB * 2**20 + AROUND:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLarge:
            if begun:
                raise
            await _too_large()(scope, receive, send)
        finally:
            self._on_their_way[page] -= 1
            self._on_their_way += Counter()  # forgets pages without any


class _TooLarge(Exception):  # noqa: N818 - caught where it is raised
    """More came than may."""


def _told_length(headers: Headers) -> int:
    told = headers.get("content-length", "0")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 2**62


def _too_large() -> Response:
    return problem(
        413,
        f"A file may have {LARGEST_MB} MB.",
        remedy="Keep only the columns that the template names, or split it.",
        headers={"Connection": "close"},
    )

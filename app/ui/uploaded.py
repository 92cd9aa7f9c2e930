"""Files that people gave to a page: whose page it is, how many it holds, and letting them go.

Streamlit holds them in memory until the page is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

MOST_OF_ONE = 2
"""Files that a page may hold before one more comes: it has as many fields."""
MOST_BYTES = 300 * 2**20
"""Of all pages of this process."""


def is_own(page: str, headers: Mapping[str, str]) -> bool:
    """Whether the page is open, and was opened by whom the gate's headers name."""
    session = Runtime.instance().get_app_session(page) if Runtime.exists() else None
    known: Any = gather_user_info(headers)  # type: ignore[arg-type]
    return session is not None and session.matches_user_info(known)


def make_room(page: str) -> bool:
    """Forget the oldest files of a page; false where all pages together hold too much."""
    manager: Any = Runtime.instance().uploaded_file_mgr
    mine = list(manager.file_storage.get(page, {}))
    for file_id in mine[: max(len(mine) - MOST_OF_ONE + 1, 0)]:
        manager.remove_file(page, file_id)
    pages = list(manager.file_storage.values())
    return sum(len(one.data) for files in pages for one in list(files.values())) < MOST_BYTES


def let_go(file: UploadedFile) -> None:
    """Free the memory of a file that is stored by now."""
    context = get_script_run_ctx()
    if context is not None:
        manager: Any = context.uploaded_file_mgr
        manager.remove_file(context.session_id, file.file_id)

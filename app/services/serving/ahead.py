"""Champions read before anybody asks: a process that answers people begins with them in memory."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.services.serving import answering
from data_access.errors import DataError
from data_access.state import champions

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.serving")


def read_ahead(desk: Desk, capabilities: Sequence[str]) -> threading.Thread:
    """Begin to read the champions of capabilities, and the libraries that they need.

    The libraries of a first LightGBM model take a second to import, the model itself a tenth. Where
    the rule of thumb decides, nothing is read.
    """
    given = (desk, capabilities)
    thread = threading.Thread(target=_read, args=given, name="models-ahead", daemon=True)
    thread.start()
    return thread


def _read(desk: Desk, capabilities: Sequence[str]) -> None:
    try:
        with desk.state.read() as session:
            chosen = champions.list_champions(session)
    except DataError as error:
        log.warning("no model is read ahead: %s", error)
        return
    for key in capabilities:
        row = chosen.get(key)
        if row is None or row.model_version is None:
            continue
        try:
            answering.model(desk, key)
        except Exception as error:  # whoever asks for it is told why; a process starts without it
            log.warning("the champion of %s is not read ahead", key, exc_info=error)

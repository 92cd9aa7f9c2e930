"""Champions read before anybody asks: a process that answers people begins with them in memory."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.services.serving import answering
from data_access.errors import DataError
from data_access.scope import split
from data_access.state import champions

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.serving")


def read_ahead(desk: Desk) -> threading.Thread:
    """Begin to read the champions of whole capabilities, and the libraries that they need.

    The libraries of a first LightGBM model take a second to import, the model itself a tenth. Where
    only rules of thumb decide, nothing is read.
    """
    thread = threading.Thread(target=_read, args=(desk,), name="models-ahead", daemon=True)
    thread.start()
    return thread


def _read(desk: Desk) -> None:
    try:
        with desk.state.read() as session:
            chosen = champions.list_champions(session)
    except DataError as error:
        log.warning("no model is read ahead: %s", error)
        return
    for key, row in chosen.items():
        if row.model_version is None or not split(key)[1].whole:
            continue
        try:
            answering.model(desk, key)
        except Exception as error:  # whoever asks for it is told why; a process starts without it
            log.warning("the champion of %s is not read ahead", key, exc_info=error)

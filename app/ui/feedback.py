"""What people read when something is empty, refused or broken: what, what it means, what to do."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from app.ui import words

log = logging.getLogger("shopsight.pages")


@contextmanager
def explain_errors() -> Iterator[None]:
    """Show any error in words and go on after the block.

    An error of ours brings its own remedy. Anything else is logged whole under an id and shown
    as a sentence with that id, never as a traceback.
    """
    try:
        yield
    except (RerunException, StopException):
        raise  # how Streamlit itself leaves a script
    except Exception as error:
        explain(error)


def explain(error: Exception) -> None:
    """One error as a box: the message, then what to do."""
    remedy = getattr(error, "remedy", None)
    if remedy:
        st.error(str(remedy), title=str(error), icon=":material/error:")
        return
    number = secrets.token_hex(3)
    log.exception("page failed", extra={"error_id": number}, exc_info=error)
    st.error(
        f"Nothing was changed. Try again; if it happens again, give the administrator the number "
        f"{number}, under which the reason is in the log.",
        title="This part of the page could not be made",
        icon=":material/error:",
    )


def empty(title: str, text: str, *, icon: str = ":material/hourglass_empty:") -> None:
    """A designed empty state: what is missing, how much there is, what would do."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### {icon} {title}", text_alignment="center", width="stretch")
        st.caption(text, text_alignment="center", width="stretch")
        st.space("small")


def watch(text: str) -> None:
    """A warning that a result carries with it."""
    st.caption(f":orange[:material/flag:] {words.plain(text)}")


def sentence(text: str) -> None:
    """A sentence of a result, taken as it is."""
    st.markdown(words.plain(text))


def done(text: str) -> None:
    """A short word after an act that worked; it survives the rerun that follows the act."""
    st.session_state["_done"] = text


def show_done() -> None:
    """Show the word left by `done` once."""
    text = st.session_state.pop("_done", None)
    if text:
        st.toast(text, icon=":material/check:")

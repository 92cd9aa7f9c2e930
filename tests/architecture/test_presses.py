"""Every button that the script asks about goes through `app/ui/acts.py`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATHS = sorted([*(ROOT / "app/ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
ASKED = ("button", "form_submit_button")


def asked_about(source: str) -> list[int]:
    """Lines on which the answer of a button of Streamlit itself is used."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ASKED
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "st"
        and id(node) not in statements
    ]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_press_is_lost_to_a_run_that_ends_before_it_comes_to_the_button(path: Path) -> None:
    lines = asked_about(path.read_text(encoding="utf-8"))
    assert not lines, f"{path.name}: use acts.pressed or acts.submitted on lines {lines}"


def test_a_button_that_is_asked_about_is_seen() -> None:
    assert asked_about("if may and st.button('Go'):\n    go()") == [1]
    assert asked_about("pressed = st.form_submit_button('Go')") == [1]
    assert asked_about("st.button('Go', on_click=go)") == []

"""The colours of charts and those of Streamlit's own elements are the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.ui.theme import DARK, LIGHT, Palette, layout, see_through

ROOT = Path(__file__).parents[3]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


@pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_charts_and_streamlit_agree_on_every_colour(name: str, colours: Palette) -> None:
    theme = CONFIG["theme"][name]

    assert theme["primaryColor"] == theme["linkColor"] == colours.primary
    assert theme["backgroundColor"] == colours.background
    assert theme["secondaryBackgroundColor"] == colours.surface
    assert theme["textColor"] == colours.ink
    assert theme["borderColor"] == colours.border
    assert theme["grayColor"] == colours.muted
    assert theme["greenColor"] == colours.good
    assert theme["redColor"] == colours.bad
    assert theme["orangeColor"] == colours.watch
    assert tuple(theme["chartCategoricalColors"]) == colours.categories


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read_on_its_background(colours: Palette) -> None:
    for text in (colours.ink, colours.muted, colours.primary, colours.bad, colours.good):
        assert _contrast(text, colours.background) >= 4.5, text


def test_fonts_that_the_theme_names_are_there_with_their_licence() -> None:
    static = ROOT / "app" / "static"

    for face in CONFIG["theme"]["fontFaces"]:
        assert (static / Path(face["url"]).name).is_file()
    assert "SIL Open Font License" in (static / "inter-LICENSE.txt").read_text()


def test_nobody_sees_a_traceback_or_sends_statistics() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["runner"]["magicEnabled"] is False


def test_requests_of_a_page_are_merged_so_that_none_ends_another_before_it_has_begun() -> None:
    assert CONFIG["runner"]["fastReruns"] is False


def test_every_axis_makes_room_for_its_labels() -> None:
    figure = layout(LIGHT, height=300)

    assert figure["xaxis"]["automargin"]
    assert figure["yaxis"]["automargin"]
    assert figure["yaxis"]["rangemode"] == "tozero"
    assert figure["hovermode"] == "x unified"


def test_a_colour_is_made_see_through() -> None:
    assert see_through("#1f5f5b", 0.15) == "rgba(31,95,91,0.15)"


def _contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two hex colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)

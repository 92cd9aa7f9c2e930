"""What the README promises is there."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from app.__main__ import cli
from app.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_settings_table_names_every_setting_with_its_default_and_no_other():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", README, flags=re.MULTILINE))
    wanted = {
        str(field.validation_alias): "" if field.default is None else f"`{field.default}`"
        for field in Settings.model_fields.values()
    }
    assert rows == wanted


def test_every_command_stands_in_the_readme():
    missing = [name for name in get_command(cli).commands if f"`{name}" not in README]
    assert [name for name in missing if f" {name}" not in README] == []


def test_every_picture_and_linked_file_is_there():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []

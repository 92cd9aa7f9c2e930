"""Where copies of public data sets lie, for tests and benchmarks that use them."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / ".." / "shared" / "data"


def sample_data_folder() -> Path | None:
    """The folder that ``SHOPSIGHT_SAMPLE_DATA`` names, or the usual one; ``None`` if missing."""
    folder = Path(os.environ.get("SHOPSIGHT_SAMPLE_DATA", DEFAULT)).resolve()
    return folder if folder.is_dir() else None

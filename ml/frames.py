"""Input frames against what a capability declares of them, the same for every capability."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ml.contract import Frames, InputFrame
from ml.errors import WrongFrame


def check(inputs: Iterable[InputFrame], frames: Frames) -> None:
    """Raise `WrongFrame` with the difference between what is wanted and what was given."""
    for wanted in inputs:
        frame = frames.get(wanted.name)
        if frame is not None:
            _check_columns(wanted, frame)
        elif wanted.required:
            raise WrongFrame(
                f"The frame {wanted.name!r} is missing.",
                remedy=f"Give one row per {wanted.row}.",
            )


def _check_columns(wanted: InputFrame, frame: pd.DataFrame) -> None:
    known = {column.name for column in wanted.columns}
    missing = [c for c in wanted.columns if c.required and c.name not in frame.columns]
    if not missing:
        return
    lines = [f"− {c.name} ({c.dtype}): {c.about}" for c in missing]
    lines += [f"+ {name}: not known" for name in map(str, frame.columns) if name not in known]
    raise WrongFrame(
        f"The frame {wanted.name!r} does not fit:\n" + "\n".join(lines),
        remedy="Add the columns marked −; those marked + may be misspelt.",
    )

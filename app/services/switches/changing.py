"""How sure a prediction must be, and whether a retrained version may be promoted by itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.services import capabilities
from app.services.done import Done
from data_access.errors import DataError
from data_access.state import switches as store
from data_access.state.engine import DecisionSession, utc_now
from data_access.state.model_tables import CapabilitySwitch

if TYPE_CHECKING:
    from app.context import Desk


class SwitchError(DataError):
    """A value that cannot be set, or a switch that stands so already."""


def set_confidence(
    desk: Desk, by: Identity, capability: str, threshold: float | None, *, expected: int
) -> Done:
    """Below this confidence a prediction is shown as "not sure" and nothing is done with it.

    Parameters
    ----------
    threshold : 0 to 1; None: every prediction counts.
    expected : `Switch.row_version` that the person saw.

    Raises
    ------
    AccessDenied, SwitchError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.manage_models)
    checked = _checked(threshold)
    label = known(capability)
    if checked is None:
        text = f"{label}: every prediction counts, however unsure."
    else:
        text = f"{label}: below {checked:.0%} confidence a prediction is “not sure” from now on."
    return _set(desk, by, capability, "confidence", checked, text.replace("%", " %"), expected)


def set_promotion(
    desk: Desk, by: Identity, capability: str, allowed: bool, *, expected: int
) -> Done:
    """Whether a retrained version that surely is better may be promoted by itself.

    Raises
    ------
    AccessDenied, SwitchError, StaleWriteError : nothing was changed.
    """
    require(by, Permission.manage_models)
    label = known(capability)
    text = (
        f"{label}: a retrained version that is surely better is promoted by itself."
        if allowed
        else f"{label}: a retrained version waits for a person."
    )
    return _set(desk, by, capability, "promotes", allowed, text, expected)


def known(capability: str) -> str:
    """The label of a capability.

    Raises
    ------
    SwitchError : there is none of that name.
    """
    found = {one.key: one.label for one in capabilities.listed()}
    if capability not in found:
        raise SwitchError(
            f"There is no capability {capability!r}.", remedy=f"Known are: {', '.join(found)}."
        )
    return found[capability]


def _set(
    desk: Desk,
    by: Identity,
    capability: str,
    column: str,
    value: float | bool | None,
    text: str,
    expected: int,
) -> Done:
    with desk.state.decide(
        by.name, f"capability.{column}_changed", f"capability:{capability}"
    ) as session:
        row = opened(session, capability, by, expected)
        before = getattr(row, column)
        setattr(row, column, value)
        session.flush()
        session.before, session.after = {column: before}, {column: value}
    version = row.version

    def back(desk: Desk, who: Identity) -> Done:
        require(who, Permission.manage_models)
        return _set(desk, who, capability, column, before, f"Taken back: {text}", version)

    return Done(text=text, version=version, entry_id=session.entry_id, back=back)


def opened(
    session: DecisionSession, capability: str, by: Identity, expected: int | None
) -> CapabilitySwitch:
    """The row to be changed, under the name of its changer."""
    return store.open_switch(
        session, capability, by=by.name, now=utc_now(), expected_version=expected
    )


def _checked(threshold: float | None) -> float | None:
    if threshold is None:
        return None
    number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
    if not number or not math.isfinite(threshold) or not 0 < threshold <= 1:
        raise SwitchError(
            f"{threshold!r} cannot be a confidence threshold.",
            remedy="Give a share above 0 and up to 1 (100 %), or none at all.",
        )
    return float(threshold)

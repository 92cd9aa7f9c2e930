"""Who becomes champion: the rule, as a pure function."""

from __future__ import annotations

from collections.abc import Sequence

from ml.contract import Choice, Measured
from ml.forecasting.evaluation import BIAS_LIMIT, MARGIN, per_cent

__all__ = ["Choice", "Measured", "champion"]


def champion(measured: Sequence[Measured]) -> Choice:
    """The least WAPE among those with |bias| ≤ 15 % that beat the rule of thumb, or none.

    Expensive candidates are measured on fewer products and weeks. So that an easier sample does
    not win, WAPE counts as a share of what the rule of thumb had on the same cases; where all
    were measured on the same cases, this is the least WAPE itself.
    """
    better = [m for m in measured if m.metrics["wape"] < m.baseline["wape"] * (1 - MARGIN)]
    fair = [m for m in better if abs(m.metrics["bias"]) <= BIAS_LIMIT]
    if fair:
        best = min(fair, key=lambda m: (_share(m), m.name))
        less = 1 - _share(best)
        return Choice(
            name=best.name,
            sentence=(
                f"{best.label} has the least error: {per_cent(best.metrics['wape'])} against "
                f"{per_cent(best.baseline['wape'])} of the rule of thumb, {per_cent(less)} less."
            ),
        )
    if better:
        best = min(better, key=_share)
        way = "too high" if best.metrics["bias"] > 0 else "too low"
        return Choice(
            name=None,
            sentence=(
                f"The rule of thumb is used: {best.label} has less error but is "
                f"{per_cent(abs(best.metrics['bias']))} {way}, "
                f"more than the {per_cent(BIAS_LIMIT)} allowed."
            ),
        )
    if not measured:
        return Choice(name=None, sentence="The rule of thumb is used: nothing has been trained.")
    best = min(measured, key=_share)
    return Choice(
        name=None,
        sentence=(
            f"The rule of thumb is used: no candidate is better. The nearest is {best.label}, "
            f"{per_cent(best.metrics['wape'])} against {per_cent(best.baseline['wape'])}."
        ),
    )


def _share(m: Measured) -> float:
    """WAPE over the rule of thumb's."""
    return m.metrics["wape"] / max(m.baseline["wape"], 1e-9)

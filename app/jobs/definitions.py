"""Every kind of job that Shopsight knows; a page's button, a schedule or a command asks for one."""

from __future__ import annotations

from app.access import Permission
from app.jobs import model_work, shop_work
from app.jobs.kinds import JobKind, Json

MINUTE = 60.0
HOUR = 3600.0


def _train_title(parameters: Json) -> str:
    return f"Train {parameters.get('capability')}: {parameters.get('candidate')}"


KINDS: dict[str, JobKind] = {
    kind.key: kind
    for kind in (
        JobKind(
            key="refresh",
            title=lambda parameters: "Refresh the data",
            run=shop_work.refresh,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_data,
            queue="data",
            time_limit_s=2 * HOUR,
            dedupe=lambda parameters: "refresh",
        ),
        JobKind(
            key="live_on",
            title=lambda parameters: "Let the demo shop live on",
            run=shop_work.live_on,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_data,
            queue="data",
            time_limit_s=30 * MINUTE,
            dedupe=lambda parameters: "live_on",
            quiet=True,
        ),
        JobKind(
            key="retain",
            title=lambda parameters: "Remove what nothing needs any more",
            run=shop_work.retain,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_data,
            queue="data",
            time_limit_s=30 * MINUTE,
            dedupe=lambda parameters: "retain",
            quiet=True,
        ),
        JobKind(
            key="train",
            title=_train_title,
            run=model_work.train,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.train_commerce,
            queue="models",
            time_limit_s=4 * HOUR,
            # The same training twice at once is a double click; another one may wait its turn.
            dedupe=lambda parameters: f"train:{sorted(parameters.items())!r}"[:250],
        ),
        JobKind(
            key="first_models",
            title=lambda parameters: "Train the first models",
            run=model_work.first_models,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.train_commerce,
            queue="models",
            time_limit_s=4 * HOUR,
            dedupe=lambda parameters: "first_models",
        ),
        JobKind(
            key="publish",
            title=lambda parameters: f"Compute {parameters['capability']} anew",
            run=model_work.publish,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.decide_commerce,
            queue="publish",
            time_limit_s=HOUR,
            # No key: two in a row may be of two champions, and the queue keeps them in order.
            dedupe=lambda parameters: None,
        ),
        JobKind(
            key="mend",
            title=lambda parameters: "Look after the model store",
            run=model_work.mend,
            outcome=lambda result: str(result["sentence"]),
            permission=None,
            queue="publish",
            time_limit_s=10 * MINUTE,
            dedupe=lambda parameters: None,
            quiet=True,
        ),
    )
}

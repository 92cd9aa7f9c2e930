"""Every kind of job that Shopsight knows; a page's button, a schedule or a command asks for one."""

from __future__ import annotations

import hashlib
import json

from app.access import Permission
from app.jobs import (
    curve_work,
    fraud_work,
    mail_work,
    model_work,
    retraining,
    search_work,
    shop_work,
    watch_work,
)
from app.jobs.kinds import JobKind, Json

MINUTE = 60.0
HOUR = 3600.0


def _train_title(parameters: Json) -> str:
    """ "Train forecasting: lightgbm, theta and 3 more for product P000012"."""
    rows = parameters.get("candidates") or [{"candidate": parameters.get("candidate")}]
    names = [str(row.get("candidate")).replace("_", " ") for row in rows]
    said = ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    scope = parameters.get("scope") or {}
    whom = "" if scope.get("level", "all") == "all" else f", {scope['level']} {scope['series_id']}"
    return f"Train {parameters.get('capability')}{whom}: {said}"


def _train_key(parameters: Json) -> str:
    """The same training twice at once is a double click; another one may wait its turn."""
    told = json.dumps(parameters, sort_keys=True)
    return f"train:{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _of(parameters: Json) -> str:
    return str(parameters.get("capability") or "all that decide")


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
            time_limit_s=8 * HOUR,
            dedupe=_train_key,
        ),
        JobKind(
            key="search",
            title=lambda parameters: (
                f"Search parameters: {_of(parameters)}, "
                f"{str(parameters.get('candidate', '')).replace('_', ' ')}"
            ),
            run=search_work.search,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.train_commerce,
            queue="models",
            time_limit_s=8 * HOUR,
            dedupe=_train_key,
        ),
        JobKind(
            key="retrain",
            title=lambda parameters: f"Train anew: {_of(parameters)}",
            run=retraining.retrain,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.train_commerce,
            queue="models",
            time_limit_s=8 * HOUR,
            dedupe=lambda parameters: f"retrain:{parameters.get('capability', 'all')}",
        ),
        JobKind(
            key="triggers",
            title=lambda parameters: "Look whether models should learn anew",
            run=retraining.look,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_models,
            queue="publish",
            time_limit_s=HOUR,
            dedupe=lambda parameters: "triggers",
            quiet=True,
        ),
        JobKind(
            key="look_back",
            title=lambda parameters: f"Look back at a promotion by itself: {_of(parameters)}",
            run=retraining.look_back,
            outcome=lambda result: str(result["sentence"]),
            permission=None,
            queue="publish",
            time_limit_s=HOUR,
            dedupe=lambda parameters: f"look_back:{parameters['capability']}",
            quiet=True,
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
            title=lambda parameters: (
                "Compute the forecast anew"
                if parameters["capability"] == "forecasting"
                else f"Compute {parameters['capability']} anew"
            ),
            run=model_work.publish,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.decide_commerce,
            queue="publish",
            time_limit_s=HOUR,
            # No key: two in a row may be of two champions, and the queue keeps them in order.
            dedupe=lambda parameters: None,
        ),
        JobKind(
            key="preview",
            title=lambda parameters: f"See what version {parameters['version']} would change",
            run=model_work.preview,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.promote_commerce,
            queue="publish",
            time_limit_s=HOUR,
            dedupe=lambda parameters: f"preview:{parameters['capability']}:{parameters['version']}",
            quiet=True,
        ),
        JobKind(
            key="learning_curve",
            title=lambda parameters: (
                f"Learning curve of {parameters['capability']} version {parameters['version']}"
            ),
            run=curve_work.learning_curve,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_models,
            queue="models",
            time_limit_s=4 * HOUR,
            dedupe=lambda parameters: f"curve:{parameters['capability']}:{parameters['version']}",
        ),
        JobKind(
            key="digest",
            title=lambda parameters: "Send the weekly digests",
            run=mail_work.digest,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_settings,
            queue="publish",
            time_limit_s=HOUR,
            dedupe=lambda parameters: "digest",
            quiet=True,
        ),
        JobKind(
            key="score",
            title=lambda parameters: "Score new orders",
            run=fraud_work.score,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.decide_fraud,
            queue="fraud",
            time_limit_s=HOUR,
            dedupe=lambda parameters: "score",
            quiet=True,
        ),
        JobKind(
            key="watch",
            title=lambda parameters: "Look whether the models can still be trusted",
            run=watch_work.watch,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_models,
            queue="watch",
            time_limit_s=HOUR,
            dedupe=lambda parameters: "watch",
            quiet=True,
        ),
        JobKind(
            key="tell",
            title=lambda parameters: "Tell of alerts about models",
            run=watch_work.tell,
            outcome=lambda result: str(result["sentence"]),
            permission=Permission.manage_models,
            queue="watch",
            time_limit_s=10 * MINUTE,
            dedupe=lambda parameters: "tell",
            quiet=True,
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

"""The work of the jobs about models: train, publish, the first models, mending the store."""

from __future__ import annotations

from app.jobs.kinds import JobContext, JobError, Json

FIRST = "The first models of this shop."


def train(context: JobContext) -> Json:
    """Evaluate and fit the candidates asked for, and store each as a version; nothing is
    activated.
    """
    from app.services import training

    return training.train_several(
        context.desk,
        context.parameters,
        asked_by=context.asked_by,
        job_id=context.job_id,
        progress=context.progress,
    ).to_json()


def first_models(context: JobContext) -> Json:
    """Train each capability's default candidates; the best that beats the rule of thumb decides."""
    from app.services import training
    from app.services.activation import activate_first
    from ml.contract import capabilities

    sentences: list[str] = []
    versions: dict[str, int] = {}
    failed: list[JobError] = []
    found = capabilities()
    for number, capability in enumerate(found):
        wanted = training.default_candidates(
            context.desk, capability.key, budget_s=training.FIRST_BUDGET_S
        )
        if not wanted:
            continue

        def progress(step: str, share: float, message: str | None = None, at: int = number) -> None:
            context.progress(step, (at + share) / len(found), message)

        try:
            trained = training.train_several(
                context.desk,
                {
                    "capability": capability.key,
                    "candidates": [{"candidate": key} for key in wanted],
                    "why": FIRST,
                },
                asked_by=context.asked_by,
                job_id=f"{context.job_id}-{capability.key}",
                progress=progress,
            )
        except JobError as error:
            # A shop without chargebacks still forecasts; one without sales fails altogether.
            failed.append(error)
            sentences.append(f"{capability.label}: {error} {error.remedy}")
            continue
        chosen = trained.best or trained.versions[0]
        versions[capability.key] = chosen.number
        sentences.append(activate_first(context.desk, chosen))
        sentences += [failure.sentence for failure in trained.failures]
    if failed and not versions:
        raise failed[0]
    return {"sentence": " ".join(sentences) or "There is nothing to train.", "versions": versions}


def preview(context: JobContext) -> Json:
    """Work out what a version would change, for whoever thinks of activating it."""
    from app.services.previews import work_out

    desk, wanted = context.desk, context.parameters
    context.progress("Asking both models", 0.1)
    found = work_out(desk, desk.models.version(wanted["capability"], int(wanted["version"])))
    return {"sentence": found.preview.sentence, "snapshot": found.snapshot}


def publish(context: JobContext) -> Json:
    """Compute and store a capability's results, by its champion, on the newest snapshot; then
    write down what came of earlier ones.
    """
    from app.services.training import service_of

    service = service_of(context.parameters["capability"])
    facts = service.publish(context.desk, job_id=context.job_id, progress=context.progress)
    context.progress("Comparing earlier results with what came", 0.98)
    return {**facts, "graded": service.grade(context.desk)}


def mend(context: JobContext) -> Json:
    """Bring the model store in line with what a crash left: deletions, orphans, aliases."""
    from app.services.registry import finish_deleting
    from data_access.state.champions import list_champions

    desk = context.desk
    context.progress("Looking for leftovers", 0.1)
    finished = finish_deleting(desk)
    with desk.state.read() as session:
        champions = {key: row.model_version for key, row in list_champions(session).items()}
    removed = desk.models.clean(lambda: _open_jobs(context))
    context.progress("Comparing aliases", 0.6)
    repaired = desk.models.repair_aliases(champions)
    return {
        "sentence": f"{len(removed)} leftovers removed, {len(repaired)} aliases put right.",
        "removed": removed,
        "finished": finished,
        "repaired": repaired,
    }


def _open_jobs(context: JobContext) -> set[str]:
    return {job.job_id for job in context.desk.jobs.list(limit=1000, states=("queued", "running"))}

"""The work of the jobs about models: train, publish, the first models, mending the store."""

from __future__ import annotations

from app.jobs.kinds import JobContext, Json


def train(context: JobContext) -> Json:
    """Evaluate and fit one candidate, and store it as a version; nothing is activated."""
    from app.services import training

    version = training.train(
        context.desk,
        capability=context.parameters["capability"],
        candidate=context.parameters["candidate"],
        parameters=context.parameters.get("parameters") or {},
        asked_by=context.asked_by,
        job_id=context.job_id,
        progress=context.progress,
    )
    return {
        "sentence": version.sentence,
        "capability": version.capability,
        "version": version.number,
        "beats_baseline": version.beats_baseline,
    }


def first_models(context: JobContext) -> Json:
    """Train each capability's first learned candidate; one that beats the rule of thumb decides."""
    from app.services import training
    from app.services.activation import activate_first
    from ml.contract import capabilities

    sentences, versions = [], {}
    found = capabilities()
    for number, capability in enumerate(found):
        learned = next((c for c in capability.candidates if not c.is_baseline), None)
        if learned is None:
            continue

        def progress(step: str, share: float, message: str | None = None, at: int = number) -> None:
            context.progress(step, (at + share) / len(found), message)

        version = training.train(
            context.desk,
            capability=capability.key,
            candidate=learned.key,
            parameters={},
            asked_by=context.asked_by,
            job_id=f"{context.job_id}-{capability.key}",
            progress=progress,
        )
        versions[capability.key] = version.number
        sentences.append(activate_first(context.desk, version))
    return {"sentence": " ".join(sentences) or "There is nothing to train.", "versions": versions}


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
    """Bring the model store in line with what a crash left: orphans, aliases."""
    from data_access.state.champions import list_champions

    desk = context.desk
    context.progress("Looking for leftovers", 0.1)
    with desk.state.read() as session:
        champions = {key: row.model_version for key, row in list_champions(session).items()}
    removed = desk.models.clean(lambda: _open_jobs(context))
    context.progress("Comparing aliases", 0.6)
    repaired = desk.models.repair_aliases(champions)
    return {
        "sentence": f"{len(removed)} leftovers removed, {len(repaired)} aliases put right.",
        "removed": removed,
        "repaired": repaired,
    }


def _open_jobs(context: JobContext) -> set[str]:
    return {job.job_id for job in context.desk.jobs.list(limit=1000, states=("queued", "running"))}

"""What is trained now and was, and a form to train anything."""

from __future__ import annotations

from app.access import Identity
from app.context import Desk
from app.services import capabilities
from app.services import models as service
from app.ui import judged, models_jobs, models_search, models_training, skeleton, train_form
from app.ui.models_training import Form


def show(desk: Desk, person: Identity, capability: str) -> None:
    """Figures, what is under way, the form, and the list of all trainings."""
    models_training.figures(desk)
    models_training.under_way(desk, person)
    with skeleton.card(f"Train {capabilities.name_of(capability).lower()}"):
        if not person.may(service.train_permission(capability)):
            models_training.only(judged.who_may(service.train_permission(capability)))
        elif models_training.which() is Form.search:
            models_search.form(capability)
        else:
            train_form.form(capability)
    models_jobs.show(desk, person, capability)

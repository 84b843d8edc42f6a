"""The demonstration: simulated labels of three annotators who do not exist."""

from sqlalchemy import select

from webapp.database import Database
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR
from webapp.models import Label, Project
from webapp.places import place
from webapp.services.bundles import import_bundle
from webapp.services.maintenance import SEED_PROJECT


def load_demo(db: Database) -> int:
    """Add the simulated labels to the seed project; how many are new. Raises Invalid where that project is gone."""
    with db.reading() as session:
        project_id = session.scalar(select(Project.id).where(Project.slug == SEED_PROJECT))
        if project_id is None:
            raise Invalid(f"The demo labels need the project “{SEED_PROJECT}”, which is not here.")
        if session.scalar(select(Label.id).where(Label.project_id == project_id, Label.origin == "simulated").limit(1)):
            return 0
    folder = place("seeds")
    files = {f"{name}.jsonl": (folder / f"demo_{name}.jsonl").read_bytes() for name in ("labels", "assignments")}
    return import_bundle(db, OPERATOR, SEED_PROJECT, files)["labels"]

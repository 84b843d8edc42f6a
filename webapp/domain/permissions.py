"""Who may do what in a project."""

from dataclasses import dataclass

CURATOR, ADJUDICATOR, ANNOTATOR = "curator", "adjudicator", "annotator"
ROLES = (CURATOR, ADJUDICATOR, ANNOTATOR)

RIGHTS: dict[str, frozenset[str]] = {
    "read": frozenset(ROLES),
    "label": frozenset({ANNOTATOR}),
    "adjudicate": frozenset({ADJUDICATOR, CURATOR}),
    "curate": frozenset({CURATOR}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person, or an operator at the command line (`person_id` None), who may do all."""

    person_id: str | None
    name: str
    is_admin: bool = False

    @property
    def is_operator(self) -> bool:
        return self.person_id is None

    @property
    def rules_all(self) -> bool:
        return self.is_admin or self.is_operator


OPERATOR = Actor(person_id=None, name="operator")


def allows(roles: frozenset[str], right: str) -> bool:
    """Whether someone with these roles has the right (`read`, `label`, `adjudicate` or `curate`)."""
    return bool(roles & RIGHTS[right])


def parse_roles(words: str) -> frozenset[str]:
    """Roles from "curator,annotator", or none from "none". Raises ValueError with the words at fault."""
    names = [name.strip() for name in words.split(",") if name.strip()]
    if names == ["none"]:
        return frozenset()
    wrong = [name for name in names if name not in ROLES]
    if wrong or not names:
        raise ValueError(", ".join(wrong) or words)
    return frozenset(names)

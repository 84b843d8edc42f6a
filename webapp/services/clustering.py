"""Finished work of one round as clusters of labels: what `gold --project --round` sees, an article at a time.

Annotators are pseudonyms and labels come in the order of an export, so that ties are broken as there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.annotations import Annotated, AssignmentRecord, DocumentRecord, LabelRecord, Records, RoundRecord
from webapp.domain.annotations import annotations as counted
from webapp.domain.clusters import clusters
from webapp.domain.gold.coin import Coin, pattern_of
from webapp.domain.gold.proposals import CLAIM_TYPE, STANCE, Case, case_of
from webapp.models import Assignment, Document, Label, Membership
from webapp.services.annotating import LABEL_FIELDS, label_columns

_AT_ONCE = 20  # articles read together: bounds the memory
_COMPARED = (
    *("id", "document", "annotator", "start", "end", "quote", "speaker", "speaker_origin", "stance", "on_target"),
    *("ascribed", "claim_type", "unsure"),
)

FullLabel = dict[str, Any]  # LABEL_FIELDS, `annotator` (pseudonym) and `document`


@dataclass(frozen=True, slots=True)
class Finished:
    """Articles that somebody finished in the round, by id, and all living labels on them there, by id."""

    documents: list[Annotated]
    labels: dict[str, FullLabel]


def finished(session: Session, project_id: str, round: str, documents: Sequence[str]) -> Finished:
    """Of the documents named."""
    labels = {label["id"]: label for label in _labels(session, project_id, round, documents)}
    records = Records(
        documents=list(_documents(session, project_id, documents)),
        labels=[_compared(label, round) for label in labels.values()],
        assignments=list(_assignments(session, project_id, round, documents)),
        rounds=[RoundRecord(round)],
    )
    return Finished(list(counted(records, round).documents), labels)


def in_parts(documents: Sequence[str]) -> Iterator[Sequence[str]]:
    return (documents[start : start + _AT_ONCE] for start in range(0, len(documents), _AT_ONCE))


def cases_of(document: Annotated) -> list[Case]:
    return [case_of(document, members) for members in clusters(document.labels)]


# ---- how right each annotator is ----


@dataclass(frozen=True, slots=True)
class Coins:
    """How right each annotator of a round is, on the stance and on the claim type."""

    stance: Coin
    claim_type: Coin

    def chances(self, case: Case) -> tuple[float | None, float | None]:
        """As `proposal` takes them."""
        stance = self.stance.chance(pattern_of(case.members, STANCE))
        return stance, self.claim_type.chance(pattern_of(case.members, CLAIM_TYPE))


# ---- rows ----


def _documents(session: Session, project_id: str, documents: Sequence[str]) -> Iterator[DocumentRecord]:
    here = (Document.project_id == project_id, Document.id.in_(documents))
    for id, text, excluded in session.execute(select(Document.id, Document.text, Document.excluded).where(*here)):
        yield DocumentRecord(id, text, tuple((region["start"], region["end"]) for region in excluded))


def _labels(session: Session, project_id: str, round: str, documents: Sequence[str]) -> Iterator[FullLabel]:
    query = (
        select(*label_columns, Membership.pseudonym, Label.document_id)
        .join(Membership, (Membership.project_id == Label.project_id) & (Membership.person_id == Label.person_id))
        .where(Label.project_id == project_id, Label.document_id.in_(documents), Label.round == round)
        .where(Label.deleted_at.is_(None))
        .order_by(Label.document_id, Label.start_at, Label.end_at, Membership.pseudonym, Label.id)
    )
    for row in session.execute(query):
        yield dict(zip((*LABEL_FIELDS, "annotator", "document"), row, strict=True))


def _compared(label: FullLabel, round: str) -> LabelRecord:
    return LabelRecord(**{name: label[name] for name in _COMPARED}, chain=tuple(label["chain"]), round=round)


def _assignments(session: Session, project_id: str, round: str, documents: Sequence[str]) -> Iterator[AssignmentRecord]:
    query = (
        select(Assignment.document_id, Membership.pseudonym, Assignment.state)
        .join(
            Membership,
            (Membership.project_id == Assignment.project_id) & (Membership.person_id == Assignment.person_id),
        )
        .where(Assignment.project_id == project_id, Assignment.round == round, Assignment.document_id.in_(documents))
    )
    for document, annotator, given in session.execute(query):
        state = cast(Literal["open", "done", "withdrawn"], given)
        yield AssignmentRecord(document=document, annotator=annotator, state=state, round=round)

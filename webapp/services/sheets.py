"""An article's clusters with what was decided about them, as the adjudication page and a release see it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.annotations import FIELDS, Annotated
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.gold.adjudication import GOLD_FIELDS, Made, Place, placed, waits
from webapp.domain.gold.proposals import proposal
from webapp.domain.schemes import Scheme
from webapp.domain.votes import Gold, opposed_stances
from webapp.models import Assignment, Decision, Document, Membership, Person, Round
from webapp.services.access import Access
from webapp.services.clustering import Coins, Finished, FullLabel, cases_of, finished, in_parts
from webapp.services.counting import still_annotating
from webapp.services.members import member_name
from webapp.services.rounds import shown_round

Cluster = dict[str, Any]  # as the contract has it, with `annotator` of labels_full a pseudonym


def entered(session: Session, access: Access, document_id: str, round_name: str | None) -> tuple[Document, Round]:
    """The article, and the round named or else the newest in which it is assigned.

    Raises NotFound; Forbidden for who annotates the article and has not finished it.
    """
    document = session.get(Document, (access.project_id, document_id))
    if document is None:
        raise NotFound("There is no such article in this project.")
    if document_id in {document for _, document in still_annotating(session, access)}:
        raise Forbidden("You annotate this article too: others' labels are open to you once you have finished it.")
    return document, shown_round(session, access.project_id, document_id, round_name)


def hold(session: Session, access: Access, document_id: str, round: Round) -> list[str]:
    """Keep the article's assignments as they are until the end of this transaction; their states.

    Two adjudicators take turns by it, and nobody reopens the article meanwhile.
    """
    here = (Assignment.project_id == access.project_id, Assignment.round == round.name)
    query = select(Assignment.state).where(*here, Assignment.document_id == document_id)
    return list(session.scalars(query.order_by(Assignment.person_id).with_for_update()))


def locked_since(session: Session, access: Access, document_id: str, round: Round) -> str | None:
    """The moment since which annotators cannot change their labels for the sake of decisions."""
    here = (Assignment.project_id == access.project_id, Assignment.round == round.name)
    query = select(Assignment.locked_at).where(*here, Assignment.document_id == document_id)
    return min((moment for moment in session.scalars(query) if moment), default=None)


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A stored decision. `by`, `pseudonym`: who decided."""

    row: Decision
    by: str
    pseudonym: str = ""

    @property
    def made(self) -> Made:
        return Made(self.row.id, self.row.seen, frozenset(self.row.former), self.row.action != "clear")

    def shown(self) -> dict[str, Any] | None:
        """As the page has it; None for one that was taken back."""
        row = self.row
        if row.action == "clear":
            return None
        gold = None if row.action == "reject" else row.gold
        return {"action": row.action, "gold": gold, "note": row.note, "by": self.by} | {
            "at": row.at,
            "revision": row.revision,
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """One article in one round. `annotated` is None where nobody finished it."""

    document: str
    annotated: Annotated | None
    proposals: list[Gold]
    labels: dict[str, FullLabel]
    decisions: dict[str, DecisionRow]  # by id, oldest first, those taken back included

    def places(self) -> list[Place]:
        """Clusters by their labels, and own spans, each with its decision."""
        seen = [{id: self.labels[id]["revision"] for id in one["labels"]} for one in self.proposals]
        return placed(seen, [decision.made for decision in self.decisions.values()])

    def clusters(self) -> list[Cluster]:
        """By place; spans without labels among them."""
        made = [self.cluster(place, number) for number, place in enumerate(self.places())]
        return sorted(made, key=lambda one: (one["start"], one["end"], one["labels"], one["key"]))

    def cluster(self, place: Place, number: int) -> Cluster:
        """`number` is its place among `places`."""
        decision = self.decisions[place.decision.id] if place.decision else None
        base = self.proposals[number] if place.seen else self._own(decision)
        found = {
            **base,
            "key": place.key,
            "labels_full": [_full(self.labels[id]) for id in base["labels"]],
            "stale": place.is_stale,
            "decision_row": decision.shown() if decision else None,
            "earlier": [self.decisions[one.id].shown() for one in place.earlier],
        }
        return found | {"waiting": waits(found)}

    def _own(self, decision: DecisionRow | None) -> Gold:
        """A span that labels no longer stand for, or never did."""
        assert decision is not None
        gold = decision.row.gold
        return {
            "document": self.document,
            "start": gold["start"],
            "end": gold["end"],
            "quote": gold["quote"],
            "labels": [],
            "annotators": 0,
            "eligible": len(self.annotated.annotators) if self.annotated else 0,
            "single_by_plan": False,
            **{name: gold[name] for name in GOLD_FIELDS[3:]},
            "stance_posterior": None,
            "claim_type_posterior": None,
            "votes": {name: {} for name in FIELDS},
            "decision": "human",
            "reasons": [],
        }


def _full(label: FullLabel) -> FullLabel:
    return {name: value for name, value in label.items() if name != "document"}


def sheet(session: Session, project_id: str, round: str, document: str, scheme: Scheme, coins: Coins | None) -> Sheet:
    """Of one article; without coins the proposals lack their posteriors, and what depends on them."""
    (found,) = _sheets(finished(session, project_id, round, [document]), [document], scheme, coins,
                       decisions(session, project_id, round, [document]))  # fmt: skip
    return found


def sheets(
    session: Session, project_id: str, round: str, documents: Sequence[str], scheme: Scheme, coins: Coins
) -> Iterator[Sheet]:
    """Of many, in their order."""
    for part in in_parts(documents):
        made = decisions(session, project_id, round, part)
        yield from _sheets(finished(session, project_id, round, part), part, scheme, coins, made)


def _sheets(
    found: Finished,
    documents: Iterable[str],
    scheme: Scheme,
    coins: Coins | None,
    made: dict[str, dict[str, DecisionRow]],
) -> Iterator[Sheet]:
    annotated = {document.id: document for document in found.documents}
    for id in documents:
        one = annotated.get(id)
        yield Sheet(id, one, _proposals(one, scheme, coins) if one else [], found.labels, made.get(id, {}))


def _proposals(document: Annotated, scheme: Scheme, coins: Coins | None) -> list[Gold]:
    opposed = opposed_stances(scheme)
    rows = [proposal(case, coins.chances(case) if coins else (None, None), opposed) for case in cases_of(document)]
    return sorted(rows, key=lambda row: (row["start"], row["end"], row["labels"]))


def decisions(
    session: Session, project_id: str, round: str, documents: Sequence[str]
) -> dict[str, dict[str, DecisionRow]]:
    """By document and id, those taken back included."""
    who = (Membership.person_id == Decision.person_id) & (Membership.project_id == Decision.project_id)
    name = func.coalesce(member_name(), "removed person")
    query = (
        select(Decision, name, func.coalesce(Membership.pseudonym, "administrator"))
        .join(Person, Person.id == Decision.person_id)
        .outerjoin(Membership, who)
        .where(Decision.project_id == project_id, Decision.round == round, Decision.document_id.in_(documents))
        .order_by(Decision.document_id, Decision.id)
    )
    found: dict[str, dict[str, DecisionRow]] = defaultdict(dict)
    for row, by, pseudonym in session.execute(query):
        found[row.document_id][row.id] = DecisionRow(row, by, pseudonym)
    return found

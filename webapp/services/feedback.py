"""After a release: an annotator's own labels beside the gold, and why it is so. All from the release's own files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import NotFound
from webapp.domain.export import Record
from webapp.domain.permissions import Actor
from webapp.domain.release.comparison import paired
from webapp.models import Membership, Project, Release
from webapp.services.access import enter
from webapp.services.releases import find_release, names_in, records_of, title_of

FIELDS = ("speaker", "stance", "claim_type", "on_target", "ascribed")


@dataclass(frozen=True, slots=True)
class Beside:
    """A stretch of words with one's own label and the gold one; one of the two may be missing.

    `differs`: names of fields, `words` for the span. `note`: what the adjudicator said. `rejected`: by a decision.
    """

    quote: str
    mine: Record | None
    gold: Record | None
    differs: tuple[str, ...]
    note: str
    rejected: bool

    @property
    def is_same(self) -> bool:
        return self.mine is not None and self.gold is not None and not self.differs


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An article that the annotator finished; `same` of `mine` own labels are gold as they are."""

    id: str
    title: str
    passages: list[Beside]

    @property
    def mine(self) -> int:
        return sum(one.mine is not None for one in self.passages)

    @property
    def same(self) -> int:
        return sum(one.is_same for one in self.passages)

    @property
    def differing(self) -> int:
        return len(self.passages) - self.same


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """All articles, and the one that is shown; `names` of speakers, stances and claim types are by id."""

    project: Project
    release: Release
    articles: list[Reviewed]
    shown: Reviewed | None
    names: dict[str, str]

    @property
    def mine(self) -> int:
        return sum(article.mine for article in self.articles)

    @property
    def same(self) -> int:
        return sum(article.same for article in self.articles)


def open_feedback(db: Database, actor: Actor, slug: str, number: int, document: str | None = None) -> FeedbackPage:
    """The article named, else the first one with a difference.

    Raises NotFound, Forbidden: it is for who annotates, and as open to them as the release is.
    """
    with db.reading() as session:
        access = enter(session, slug, actor, "label")
        release = find_release(session, access, number)
        membership = session.get(Membership, (access.project_id, access.person_id))
        assert membership is not None
        speakers = {row["id"]: row for row in records_of(session, release, "speakers")}
        articles = list(_articles(session, release, membership.pseudonym, speakers))
        names = names_in(session, release)
        session.expunge_all()
    first = next((article for article in articles if article.differing), articles[0] if articles else None)
    shown = next((article for article in articles if article.id == document), None) if document else first
    if document and shown is None:
        raise NotFound("You have not finished this article, or it is not in the release.")
    return FeedbackPage(access.project, release, articles, shown, names)


def _articles(session: Session, release: Release, me: str, speakers: Mapping[str, Record]) -> Iterator[Reviewed]:
    done = _own_done(session, release, me)
    mine, gold, decided = (
        _by_document(rows)
        for rows in (
            [row for row in records_of(session, release, "labels") if (row["round"], row["document"]) in done],
            records_of(session, release, "gold"),
            records_of(session, release, "decisions"),
        )
    )
    articles = {document for _, document in done}
    for document in records_of(session, release, "documents"):
        id = document["id"]
        if id in articles:
            own = [_redirected(row, speakers) for row in mine.get(id, ()) if row["annotator"] == me]
            yield Reviewed(id, title_of(document), _passages(own, gold.get(id, []), decided.get(id, [])))


def _own_done(session: Session, release: Release, me: str) -> set[tuple[str, str]]:
    rows = records_of(session, release, "assignments")
    return {(row["round"], row["document"]) for row in rows if row["annotator"] == me and row["state"] == "done"}


def _by_document(rows: Iterator[Record] | Sequence[Record]) -> dict[str, list[Record]]:
    ordered = sorted(rows, key=itemgetter("document"))
    return {document: list(group) for document, group in groupby(ordered, itemgetter("document"))}


def _redirected(label: Record, speakers: Mapping[str, Record]) -> Record:
    """With the speaker for whom the label's one stands since a merge."""
    speaker = label["speaker"]
    while (into := speakers[speaker]["merged_into"]) is not None:
        speaker = into
    return {**label, "speaker": speaker}


def _passages(mine: Sequence[Record], gold: Sequence[Record], decided: Sequence[Record]) -> list[Beside]:
    pairs, alone, unmarked = paired(mine, gold)
    made = [_beside(own, one, decided) for own, one in pairs]
    made += [_beside(own, None, decided) for own in alone]
    made += [_beside(None, one, decided) for one in unmarked]
    return sorted(made, key=_place)


def _place(one: Beside) -> tuple[int, int]:
    record: Record = one.gold or one.mine or {}
    return record["start"], record["end"]


def _beside(own: Record | None, gold: Record | None, decided: Sequence[Record]) -> Beside:
    record: Record = gold or own or {}
    decision = next((one for one in decided if _is_about(one, own, gold)), None)
    return Beside(
        quote=record["quote"],
        mine=own,
        gold=gold,
        differs=_differing(own, gold) if own and gold else (),
        note=decision["note"] if decision else "",
        rejected=decision is not None and decision["action"] == "reject" and gold is None,
    )


def _is_about(decision: Record, own: Record | None, gold: Record | None) -> bool:
    """Whether the decision made the gold, or, where there is none, took the label away."""
    if gold is not None:
        made: Any = decision["gold"] or {}
        return gold["decided_by"] == "adjudicator" and (made.get("start"), made.get("end")) == (
            gold["start"],
            gold["end"],
        )
    return own is not None and own["id"] in decision["labels"]


def _differing(own: Record, gold: Record) -> tuple[str, ...]:
    words = ("words",) if (own["start"], own["end"]) != (gold["start"], gold["end"]) else ()
    return words + tuple(name for name in FIELDS if own[name] != gold[name])

"""How far adjudication is in a round, and how right each annotator is: what needs all of its clusters.

That is kept, article by article, as a report beside those of agreement. What is kept is never older than the work:
an article whose labels or annotators changed since is read anew before anything is told. Where that is much, after an
import, each of those who ask reads a part of it and keeps that for the next.
"""

import gzip
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.about import VERSION
from webapp.database import Database
from webapp.domain.annotations import Annotated
from webapp.domain.errors import Unavailable, Underway
from webapp.domain.gold.adjudication import key_of
from webapp.domain.gold.coin import Coin, Pattern, fitted, pattern_of
from webapp.domain.gold.proposals import CLAIM_TYPE, STANCE, Case, reasons_of
from webapp.domain.schemes import Scheme
from webapp.domain.votes import Opposed, is_low, opposed_stances
from webapp.models import Assignment, Label, Report, Round
from webapp.services.clustering import Coins, FullLabel, cases_of, finished, in_parts
from webapp.services.reports import Subject, state_of_work, store
from webapp.services.rounds import scheme_of

Shape = TypeVar("Shape")

# ---- what is kept ----


class Brief(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A cluster in short. `reasons` why a person must decide, all but low_posterior; patterns by their number."""

    key: str
    reasons: int
    stance: int
    claim_type: int
    is_tested: bool  # whether low_posterior can be a reason


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An article's clusters. `stamp` differs when anything they come from does; `beyond`: values not in the scheme."""

    stamp: str
    clusters: list[Brief]
    beyond: tuple[list[str], list[str]]  # stances, claim types


class _Body(msgspec.Struct, array_like=True):
    patterns: list[Pattern]
    documents: dict[str, Kept]


class _Flips(msgspec.Struct, array_like=True):
    """Coins as they are kept: accuracies and choices."""

    stance: tuple[dict[str, float], int]
    claim_type: tuple[dict[str, float], int]


@dataclass(frozen=True, slots=True)
class Standing:
    """All finished articles of a round by id, and the coins of all their clusters."""

    documents: Mapping[str, Kept]
    patterns: Sequence[Pattern]
    coins: Coins

    def reasons(self, cluster: Brief) -> int:
        """How many reasons there are for a person to decide; 0 where the annotators' agreement does."""
        return cluster.reasons + (cluster.is_tested and self._is_low(cluster))

    def _is_low(self, cluster: Brief) -> bool:
        stance = self.coins.stance.chance(self.patterns[cluster.stance])
        return is_low(stance) or is_low(self.coins.claim_type.chance(self.patterns[cluster.claim_type]))


MOST_LABELS = 8_000  # that one who asks reads by the way: some tenths of a second


@dataclass(slots=True)
class _Reader:
    """Who asks for a page: `news` is what the next one need not find out."""

    news: "list[_News]"


@contextmanager
def reading(db: Database) -> Iterator[Session]:
    """A snapshot for a page that asks for `standing` or `coins`. What is found out by the way is kept.

    Raises Underway where there is more to be read than one page can wait for, Unavailable.
    """
    reader = _Reader([])
    try:
        with db.reading() as session:
            session.info[_Reader] = reader
            yield session
    except _Part as part:
        with db.writing() as session:
            part.news.keep(session)
        raise Underway(f"{part} The labels are read once, then this page comes by itself.") from None
    _keep(db, reader.news)


def _keep(db: Database, news: "Sequence[_News]") -> None:
    """A database that only reads still shows what it has."""
    with suppress(Unavailable):
        for one in news:
            with db.writing() as session:
                one.keep(session)


def standing(session: Session, round: Round) -> Standing:
    """Of the round as it is now. In a session of `reading` not all may be read at once."""
    seen, report = _seen(session, round), session.get(Report, (round.project_id, _name(round)))
    kept = _Body([], {}) if report is None else _unpacked(report.body, _Body)
    if report is not None and report.seen == seen:
        return Standing(
            kept.documents, kept.patterns, _kept_coins(session, round, seen) or _coins(kept, session, round)
        )
    reader = session.info.get(_Reader)
    kept = _renewed(session, round, kept, MOST_LABELS if reader else None)
    made = Standing(kept.documents, kept.patterns, _coins(kept, session, round))
    if reader:
        reader.news.append(_News(round.project_id, round.name, seen, kept, made.coins))
    return made


def coins(session: Session, round: Round) -> Coins:
    """How right each annotator of the round is, by all its finished work; read as `standing` is."""
    return _kept_coins(session, round, _seen(session, round)) or standing(session, round).coins


def _kept_coins(session: Session, round: Round, seen: str) -> Coins | None:
    report = session.get(Report, (round.project_id, f"coins {round.name}"))
    if report is None or report.seen != seen:
        return None
    flips = _unpacked(report.body, _Flips)
    return Coins(Coin(*flips.stance), Coin(*flips.claim_type))


@dataclass(frozen=True, slots=True)
class _News:
    """What a reader found out. `seen`: the state of the work that all of it is of; coins None: it is a part."""

    project_id: str
    round: str
    seen: str
    body: _Body
    coins: Coins | None

    def keep(self, session: Session) -> None:
        store(session, self.project_id, f"standing {self.round}", "", self.seen, self.body)
        if self.coins:
            store(session, self.project_id, f"coins {self.round}", "", self.seen, _flips(self.coins))


class _Part(Exception):
    """Not all is read; what is can be kept."""

    def __init__(self, news: _News, of: int) -> None:
        super().__init__(f"{len(news.body.documents):,} of {of:,} finished articles are read.")
        self.news = news


def _name(round: Round) -> str:
    return f"standing {round.name}"


def _seen(session: Session, round: Round) -> str:
    """Something that differs as soon as a cluster of the round may."""
    work = state_of_work(session, round.project_id, Subject(closed=False, round=round.name))
    return f"{VERSION} {round.scheme_number} {work}"


def _unpacked(body: bytes, shape: type[Shape]) -> Shape:
    return msgspec.json.decode(gzip.decompress(body), type=shape)


def _flips(coins: Coins) -> _Flips:
    stance, claim_type = coins.stance, coins.claim_type
    return _Flips((dict(stance.accuracy), stance.choices), (dict(claim_type.accuracy), claim_type.choices))


# ---- from clusters ----


def _coins(body: _Body, session: Session, round: Round) -> Coins:
    """Fitted to all clusters: most of the work where nothing is new."""
    scheme = scheme_of(session, round)
    stances, claim_types = scheme.stance_ids, scheme.claim_type_ids
    counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    for kept in body.documents.values():
        counts[0].update(cluster.stance for cluster in kept.clusters)
        counts[1].update(cluster.claim_type for cluster in kept.clusters)
        stances, claim_types = stances.union(kept.beyond[0]), claim_types.union(kept.beyond[1])
    made = [
        fitted({body.patterns[number]: count for number, count in of.items()}, len(values))
        for of, values in zip(counts, (stances, claim_types), strict=True)
    ]
    return Coins(*made)


def _renewed(session: Session, round: Round, kept: _Body, most: int | None) -> _Body:
    """What is kept, with the articles read anew that changed since. Raises _Part beyond about `most` labels."""
    stamps = _stamps(session, round)
    documents = {id: one for id, one in kept.documents.items() if stamps.get(id) == one.stamp}
    changed = [id for id in stamps if id not in documents]
    number = {pattern: n for n, pattern in enumerate(kept.patterns)}
    scheme, read = scheme_of(session, round), 0
    for part in in_parts(changed):
        if most is not None and read > most:
            body = _Body(list(number), dict(sorted(documents.items())))
            raise _Part(_News(round.project_id, round.name, "", body, None), len(stamps))
        found = finished(session, round.project_id, round.name, part)
        read += len(found.labels)
        for document in found.documents:
            documents[document.id] = _kept(document, stamps[document.id], found.labels, scheme, number)
    return _Body(list(number), dict(sorted(documents.items())))


def _kept(
    document: Annotated, stamp: str, labels: Mapping[str, FullLabel], scheme: Scheme, number: dict[Pattern, int]
) -> Kept:
    cases, opposed = cases_of(document), opposed_stances(scheme)
    beyond = (_beyond(cases, STANCE, scheme.stance_ids), _beyond(cases, CLAIM_TYPE, scheme.claim_type_ids))
    return Kept(stamp, [_brief(case, labels, opposed, number) for case in cases], beyond)


def _brief(case: Case, labels: Mapping[str, FullLabel], opposed: Opposed, number: dict[Pattern, int]) -> Brief:
    stance, claim_type = (pattern_of(case.members, field) for field in (STANCE, CLAIM_TYPE))
    return Brief(
        key=key_of({label.id: labels[label.id]["revision"] for label in case.members}),
        reasons=len(reasons_of(case, (None, None), opposed)),
        stance=number.setdefault(stance, len(number)),
        claim_type=number.setdefault(claim_type, len(number)),
        is_tested=case.is_on_target and not case.document.single_by_plan,
    )


def _beyond(cases: Iterable[Case], field: int, offered: frozenset[str]) -> list[str]:
    return sorted({value for case in cases for value in case.votes[field]} - offered)


# ---- what changed ----


def _stamps(session: Session, round: Round) -> dict[str, str]:
    """Of each article that somebody finished in the round: differs when its labels, annotators or scheme do."""
    here = (Assignment.project_id == round.project_id, Assignment.round == round.name)
    columns = (Assignment.document_id, Assignment.person_id, Assignment.state)
    people: dict[str, list[str]] = defaultdict(list)
    for document, person, state in session.execute(select(*columns).where(*here)):
        people[document].append(f"{person} {state}")
    labels = _label_stamps(session, round)
    return {
        document: _hashed(VERSION, round.scheme_number, *labels.get(document, ()), *sorted(states))
        for document, states in sorted(people.items())
        if any(state.endswith(" done") for state in states)
    }


def finished_documents(session: Session, project_id: str, round: str) -> Sequence[str]:
    """Those that somebody finished in the round, by id."""
    here = (Assignment.project_id == project_id, Assignment.round == round, Assignment.state == "done")
    query = select(Assignment.document_id).where(*here).distinct()
    return session.scalars(query.order_by(Assignment.document_id)).all()


def _label_stamps(session: Session, round: Round) -> dict[str, tuple[int, int]]:
    """How many labels, deleted ones among them, and the sum of their revisions, which only grows."""
    query = (
        select(Label.document_id, func.count(), func.sum(Label.revision))
        .where(Label.project_id == round.project_id, Label.round == round.name)
        .group_by(Label.document_id)
    )
    return {document: (count, int(revisions)) for document, count, revisions in session.execute(query)}


def _hashed(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]

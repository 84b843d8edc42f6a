"""The agreement report as pages show it: figures that a job computed, whether they still hold, the labels behind them.

Web workers read this; computing, with its numbers' libraries, is agreeing.py's, in the job process.
"""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from webapp.about import VERSION
from webapp.database import Database, now
from webapp.domain.errors import Forbidden, NotFound, Unavailable
from webapp.domain.permissions import Actor
from webapp.models import TURNING, Document, Event, Job, Membership, Person, Project, Report, Round
from webapp.services import jobs
from webapp.services.access import Access, enter
from webapp.services.counting import still_annotating
from webapp.services.listing import shown_title_column
from webapp.services.members import member_name
from webapp.services.paging import Page
from webapp.services.rounds import find_round, rounds_of
from webapp.services.speakers import visible_speakers

# what, of all that curators do, changes work in closed rounds; annotators may not even learn that others are at work
_TOUCHING_CLOSED_ROUNDS = (
    *("round-closed", "documents-imported", "labels-imported", "member-removed", "scheme-set", "unassigned"),
)
MOST_HARD = 20
_AROUND = 160  # code points of an article shown before and after a cluster
_CHANGES_FINISHED_WORK = text(TURNING)  # as the index says it


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about: one round, or each person's latest finished work; `closed`: of closed rounds only."""

    closed: bool
    round: str | None

    @property
    def name(self) -> str:
        return f"{'closed' if self.closed else 'all'}:{self.round or ''}"

    @property
    def figures_name(self) -> str:
        return f"figures {self.name}"

    @property
    def gamma_name(self) -> str:
        return f"gamma {self.name}"

    @property
    def clusters_name(self) -> str:
        return f"clusters {self.name}"

    @property
    def parameters(self) -> dict[str, Any]:
        return {"closed": self.closed, "round": self.round}


@dataclass(frozen=True, slots=True)
class Figures:
    """A stored report: `body` as agreeing.py makes it, γ where it is there already. `holds`: nothing changed since."""

    body: dict[str, Any]
    holds: bool
    has_gamma: bool

    @property
    def stamp(self) -> str:
        """Differs between any two versions of the figures."""
        return f"{self.body['input']}{'+' if self.has_gamma else ''}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that is under way (`progress` in words), or that failed (`reason`)."""

    progress: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`figures` None: not computed yet. `names`: whom a pseudonym shows. `rounds` can be chosen, newest first."""

    project: Project
    subject: Subject
    rounds: list[Round]
    figures: Figures | None
    waiting: Waiting | None
    names: dict[str, str]
    speakers: dict[str, str]  # by id, those that the actor may know
    titles: dict[str, str]  # of articles, by id
    hardest: "list[InContext]"  # the passages most disagreed on, of articles that the actor does not still annotate
    sees_all: bool  # for curators and adjudicators; annotators see it opened to them


def open_report(db: Database, actor: Actor, slug: str, round: str | None = None) -> ReportPage:
    """The report for whoever may see it; where it does not hold any more, a job is asked for.

    Raises NotFound (also for a round not theirs to see), Forbidden (not opened to annotators).
    """
    with db.reading() as session:
        access = enter(session, slug, actor)
        subject, rounds = _subject(session, access, round)
        figures = stored(session, access.project_id, subject)
        page = ReportPage(
            project=access.project,
            subject=subject,
            rounds=rounds,
            figures=figures,
            waiting=_waiting(session, access.project_id, subject, figures),
            names=_names(session, access),
            speakers={speaker.id: speaker.name for speaker in visible_speakers(session, access)},
            titles=_titles(session, access.project_id),
            hardest=_hardest(session, access, figures),
            sees_all=not subject.closed,
        )
        session.expunge_all()
    if rounds and _is_wanted(page):
        _ask_for(db, page.project.id, subject)
    return page


def _subject(session: Session, access: Access, round: str | None) -> tuple[Subject, list[Round]]:
    closed = not access.allows("adjudicate")
    if closed and not access.project.agreement_open:
        raise Forbidden("The curator has not opened the figures of agreement to annotators.")
    if round is not None and closed and find_round(session, access.project_id, round).closed_at is None:
        raise NotFound(f"There are no figures of round “{round}” before it is closed.")
    if round is not None:
        find_round(session, access.project_id, round)
    rounds = [r for r in reversed(rounds_of(session, access.project_id)) if r.closed_at or not closed]
    return Subject(closed, round), rounds


def _names(session: Session, access: Access) -> dict[str, str]:
    """By pseudonym; annotators see others under theirs."""
    rows = session.execute(
        select(Membership.pseudonym, member_name().label("name"), Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.project_id == access.project_id)
    )
    if access.allows("adjudicate"):
        return {row.pseudonym: row.name for row in rows}
    return {row.pseudonym: "you" for row in rows if row.person_id == access.actor.person_id}


def _titles(session: Session, project_id: str) -> dict[str, str]:
    query = select(Document.id, shown_title_column().label("title")).where(Document.project_id == project_id)
    return {row.id: row.title for row in session.execute(query)}


# ---- what is stored, and whether it holds ----


def state_of_work(session: Session, project_id: str, subject: Subject) -> str:
    """Something that differs as soon as finished work may differ; labels of unfinished work do not come into it."""
    query = select(func.count()).where(Event.project_id == project_id, _CHANGES_FINISHED_WORK)
    if subject.closed:
        query = query.where(Event.action.in_(_TOUCHING_CLOSED_ROUNDS))
    return str(session.scalar(query))


def stored(session: Session, project_id: str, subject: Subject) -> Figures | None:
    """The newest figures of the subject by this version of the program, whether or not they still hold."""
    report = session.get(Report, (project_id, subject.figures_name))
    if report is None:
        return None
    body = _unpacked(report)
    if body["figures"]["software"]["version"] != VERSION:  # measures or shape may be others by now
        return None
    gamma = session.get(Report, (project_id, subject.gamma_name))
    has_gamma = gamma is not None and gamma.input_sha256 == body["gamma_input"]
    if gamma is not None and has_gamma:
        body["figures"]["spans"] |= _unpacked(gamma)
    holds = report.seen == state_of_work(session, project_id, subject)
    return Figures(body, holds, has_gamma or body["gamma_input"] is None)


def store(session: Session, project_id: str, name: str, input_sha256: str, seen: str, body: object) -> None:
    """Put a report in the place of the one of that name."""
    packed = gzip.compress(msgspec.json.encode(body), 5, mtime=0)
    report = session.get(Report, (project_id, name)) or Report(project_id=project_id, name=name)
    report.input_sha256, report.seen, report.body, report.made_at = input_sha256, seen, packed, now()
    session.add(report)


def _unpacked(report: Report | None) -> Any:
    return None if report is None else msgspec.json.decode(gzip.decompress(report.body))


# ---- asking for it ----


def _waiting(session: Session, project_id: str, subject: Subject, figures: Figures | None) -> Waiting | None:
    for kind, is_missing in (
        ("figures", figures is None or not figures.holds),
        ("gamma", figures is not None and not figures.has_gamma),
    ):
        job = jobs.newest(session, project_id, kind, subject.name) if is_missing else None
        if job is not None and job.state != "done":
            return _told(job)
    return None


def _told(job: Job) -> Waiting:
    return Waiting("", job.progress) if job.state == "failed" else Waiting(job.progress, None)


def _is_wanted(page: ReportPage) -> bool:
    """Not again after a failure: somebody has to look at it, and then `ask_again`."""
    return page.waiting is None and (page.figures is None or not (page.figures.holds and page.figures.has_gamma))


def _ask_for(db: Database, project_id: str, subject: Subject) -> None:
    try:
        with db.writing() as session:
            jobs.want(session, project_id, "figures", subject.name, subject.parameters)
    except Unavailable:  # a database that only reads still shows what it has
        return


def ask_again(db: Database, actor: Actor, slug: str, round: str | None = None) -> None:
    """Compute once more after a failure. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        subject, _ = _subject(session, access, round)
        project_id = access.project_id
    _ask_for(db, project_id, subject)


# ---- the labels behind a figure ----


@dataclass(frozen=True, slots=True)
class Choice:
    """Which clusters: those where one chose `a` and another `b` in `field`; of one article; all for nothing given."""

    field: str | None = None
    a: str | None = None
    b: str | None = None
    document: str | None = None

    def fits(self, cluster: dict[str, Any]) -> bool:
        if self.document is not None and cluster["document"] != self.document:
            return False
        if self.field is None or self.a is None or self.b is None:
            return True
        values = [label[self.field] for label in cluster["labels"]]
        return values.count(self.a) > 1 if self.a == self.b else self.a in values and self.b in values


@dataclass(frozen=True, slots=True)
class InContext:
    """A cluster with the article's words before, in and after it."""

    cluster: dict[str, Any]
    before: str
    words: str
    after: str

    def quote(self, label: dict[str, Any]) -> str:
        """The words of one label of it."""
        start = self.cluster["start"]
        return self.words[label["start"] - start : label["end"] - start]


@dataclass(frozen=True, slots=True)
class ClustersPage:
    """The labels behind a figure, the most disagreed first. `hidden`: in articles that the actor still annotates."""

    report: ReportPage
    choice: Choice
    page: Page
    shown: list[InContext]
    hidden: int


def open_clusters(
    db: Database, actor: Actor, slug: str, choice: Choice, round: str | None = None, page: int = 1
) -> ClustersPage:
    """Raises NotFound, Forbidden."""
    report = open_report(db, actor, slug, round)
    with db.reading() as session:
        access = enter(session, slug, actor)
        clusters = _unpacked(session.get(Report, (access.project_id, report.subject.clusters_name))) or []
        found = [cluster for cluster in clusters if choice.fits(cluster)]
        seen = _to_be_seen(session, access, found)
        paged = Page(page, len(seen))
        shown = list(_in_context(session, access.project_id, paged.of(seen)))
    return ClustersPage(report, choice, paged, shown, len(found) - len(seen))


def _to_be_seen(session: Session, access: Access, clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those in articles that the actor still annotates."""
    in_work = {document for _, document in still_annotating(session, access)}
    return [cluster for cluster in clusters if cluster["document"] not in in_work]


def _hardest(session: Session, access: Access, figures: Figures | None) -> list[InContext]:
    hardest = figures.body["hardest"] if figures else []
    differing = [cluster for cluster in hardest if cluster["differs"]]
    return list(_in_context(session, access.project_id, _to_be_seen(session, access, differing)[:MOST_HARD]))


def _in_context(session: Session, project_id: str, clusters: Sequence[dict[str, Any]]) -> Iterator[InContext]:
    wanted = {cluster["document"] for cluster in clusters}
    query = select(Document.id, Document.text).where(Document.project_id == project_id, Document.id.in_(wanted))
    texts = {row.id: row.text for row in session.execute(query)}
    for cluster in clusters:
        text, start, end = texts[cluster["document"]], cluster["start"], cluster["end"]
        yield InContext(cluster, _tail(text[:start]), text[start:end], _head(text[end:]))


def _tail(text: str) -> str:
    """The last words of it, with an ellipsis where words are left out."""
    kept = text[-_AROUND:]
    return kept if len(kept) == len(text) else "… " + kept.partition(" ")[2]


def _head(text: str) -> str:
    kept = text[:_AROUND]
    return kept if len(kept) == len(text) else kept.rpartition(" ")[0] + " …"

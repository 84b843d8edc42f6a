"""What a person has to do: own articles and own numbers in each project, and for curators how far the round is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Stance
from webapp.models import Assignment, Document, GuideVersion, Label, Membership, Person, Project, Round
from webapp.services import counting
from webapp.services.access import Access, enter
from webapp.services.listing import shown_title_column
from webapp.services.members import member_name
from webapp.services.paging import PER_PAGE, Page
from webapp.services.rounds import find_round, newest_round, scheme_of

FILTERS = {  # what a list is narrowed to, and the states that it then holds
    "all": ("new", "begun", "finished", "closed"),
    "new": ("new",),
    "begun": ("begun",),
    "finished": ("finished",),
    "closed": ("closed",),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of which project's list is wanted: one of FILTERS, and a page of it, counted from 1."""

    slug: str = ""
    show: str = "all"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Task:
    """An own article in the newest round that has it. `state`: new, begun, finished, closed (before finished)."""

    document: str
    title: str
    outlet: str
    round: str
    state: str
    labels: int
    unsure: int
    simulated: int
    changed_at: str
    round_position: int
    quotations: int = 0
    labelled_quotations: int = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Own labels of one round; `by_stance` in the scheme's order, None for those off target."""

    round: str
    labels: int
    unsure: int
    simulated: int
    by_stance: list[tuple[Stance | None, int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a person's articles in a round are in which state; whether labels among theirs are simulated."""

    name: str
    finished: int
    begun: int
    new: int
    simulated: bool

    @property
    def total(self) -> int:
        return self.finished + self.begun + self.new


@dataclass(frozen=True, slots=True)
class RoundWork:
    """The round a curator looks after, and what it takes to get it going."""

    name: str
    closed: bool
    people: list[Progress]
    documents: int
    annotators: int


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """One project as one person finds it on the first page; `withdrawn`: titles of what was taken back, once begun."""

    slug: str
    title: str
    time_zone: str
    roles: frozenset[str]
    show: str
    tasks: list[Task]
    page: Page
    rows: list[Task]
    next: Task | None
    numbers: Numbers | None
    round: RoundWork | None
    guide_number: int
    guide_at: str
    several_rounds: bool
    withdrawn: list[str]

    def count(self, show: str) -> int:
        return len(_narrowed(self.tasks, show))

    @property
    def finished(self) -> int:
        return self.count("finished")


def my_work(db: Database, actor: Actor, choice: Choice) -> list[ProjectWork]:
    """Every project the actor has a role in (all for an administrator), by slug; the list of one as `choice` says."""
    with db.reading() as session:
        slugs = session.scalars(_projects_of(actor).order_by(Project.slug)).all()
        return [_project_work(session, enter(session, slug, actor), choice) for slug in slugs]


def project_work(db: Database, actor: Actor, choice: Choice) -> ProjectWork:
    """The one project of `choice`. Raises NotFound."""
    with db.reading() as session:
        return _project_work(session, enter(session, choice.slug, actor), choice)


def _projects_of(actor: Actor) -> Select[str]:
    query = select(Project.slug)
    if actor.rules_all:
        return query
    held = Membership.is_curator | Membership.is_adjudicator | Membership.is_annotator
    return query.join(Membership, Membership.project_id == Project.id).where(
        Membership.person_id == actor.person_id, held
    )


def _project_work(session: Session, access: Access, choice: Choice) -> ProjectWork:
    tasks = _tasks(session, access)
    here = choice if choice.slug == access.project.slug else Choice()
    matching = _narrowed(tasks, here.show)
    page = Page(here.page, len(matching))
    rows = matching[page.offset : page.offset + PER_PAGE]
    newest = newest_round(session, access.project_id)
    own_round = _newest_of(session, access, tasks) or newest
    guide = session.get_one(GuideVersion, (access.project_id, own_round.guide_number))
    return ProjectWork(
        slug=access.project.slug,
        title=access.project.title,
        time_zone=access.project.time_zone,
        roles=access.roles,
        show=here.show,
        tasks=tasks,
        page=page,
        rows=_with_quotations(session, access, rows),
        next=next(iter(_with_quotations(session, access, _next(tasks))), None),
        numbers=_numbers(session, access, own_round, tasks) if tasks else None,
        round=_round(session, access, newest) if access.allows("curate") else None,
        guide_number=guide.number,
        guide_at=guide.created_at,
        several_rounds=len({task.round for task in tasks}) > 1,
        withdrawn=_withdrawn(session, access),
    )


def _withdrawn(session: Session, access: Access) -> list[str]:
    mine = (Assignment.project_id == access.project_id, Assignment.person_id == access.actor.person_id)
    query = select(shown_title_column()).join(
        Assignment, and_(Assignment.project_id == Document.project_id, Assignment.document_id == Document.id)
    )
    return list(session.scalars(query.where(*mine, Assignment.state == "withdrawn").order_by(Document.id)))


def _narrowed(tasks: Iterable[Task], show: str) -> list[Task]:
    return [task for task in tasks if task.state in FILTERS[show]]


def _next(tasks: Sequence[Task]) -> list[Task]:
    """The article to go on with: the one begun that was changed last, else the first new one; at most one."""
    begun = sorted(_narrowed(tasks, "begun"), key=lambda task: task.changed_at, reverse=True)
    return [*begun, *_narrowed(tasks, "new")][:1]


# ---- own articles ----


def _labels_of(assignment: Any) -> Any:
    """That a label is a living one of the assignment, as a condition on Label."""
    return and_(
        Label.project_id == assignment.project_id,
        Label.document_id == assignment.document_id,
        Label.round == assignment.round,
        Label.person_id == assignment.person_id,
        Label.deleted_at.is_(None),
    )


def _mine(access: Access) -> tuple[Any, ...]:
    return (
        Assignment.project_id == access.project_id,
        Assignment.person_id == access.actor.person_id,
        Assignment.state != "withdrawn",
    )


def _tasks(session: Session, access: Access) -> list[Task]:
    """By the article's id; of an article that was assigned in several rounds the newest counts."""
    of_document = (Document.display_title, Document.title, Document.outlet)
    what = (Assignment.document_id, Assignment.round, Assignment.state, Round.position, Round.closed_at, *of_document)
    rows = session.execute(
        select(
            *what,
            func.count(Label.id).label("labels"),
            func.count(Label.id).filter(Label.unsure).label("unsure"),
            func.count(Label.id).filter(Label.origin == "simulated").label("simulated"),
            func.max(Label.updated_at).label("changed_at"),
        )
        .join(Round, and_(Round.project_id == Assignment.project_id, Round.name == Assignment.round))
        .join(Document, and_(Document.project_id == Assignment.project_id, Document.id == Assignment.document_id))
        .outerjoin(Label, _labels_of(Assignment))
        .where(*_mine(access))
        .group_by(*what)
        .order_by(Round.position)
    )
    newest = {row.document_id: row for row in rows}
    return [_task(newest[document]) for document in sorted(newest)]


def _task(row: Any) -> Task:
    return Task(
        document=row.document_id,
        title=row.display_title or row.title or row.document_id,
        outlet=row.outlet,
        round=row.round,
        state=_state(row),
        labels=row.labels,
        unsure=row.unsure,
        simulated=row.simulated,
        changed_at=row.changed_at or "",
        round_position=row.position,
    )


def _state(row: Any) -> str:
    if row.state == "done":
        return "finished"
    if row.closed_at:
        return "closed"
    return "begun" if row.labels else "new"


def _newest_of(session: Session, access: Access, tasks: Sequence[Task]) -> Round | None:
    """The newest round with an article of one's own."""
    newest = max(tasks, key=lambda task: task.round_position, default=None)
    return find_round(session, access.project_id, newest.round) if newest else None


def _with_quotations(session: Session, access: Access, tasks: Sequence[Task]) -> list[Task]:
    """The tasks with the number of their article's quotations, and of those that an own label touches."""
    ids = [task.document for task in tasks]
    here = (Document.project_id == access.project_id, Document.id.in_(ids))
    units = dict(session.execute(select(Document.id, Document.units).where(*here)).all())
    spans = _own_spans(session, access, ids)
    return [_counted(task, units[task.document], spans.get((task.document, task.round), [])) for task in tasks]


def _own_spans(session: Session, access: Access, ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    query = (
        select(Label.document_id, Label.round, Label.start_at, Label.end_at)
        .join(Assignment, _labels_of(Assignment))
        .where(*_mine(access), Assignment.document_id.in_(ids))
    )
    for document, round, start, end in session.execute(query):
        found.setdefault((document, round), []).append((start, end))
    return found


def _counted(task: Task, units: Sequence[dict[str, Any]], labels: Sequence[tuple[int, int]]) -> Task:
    outermost = [unit for unit in units if unit["kind"] == "quotation" and unit["depth"] == 1]
    touched = [unit for unit in outermost if any(start < unit["end"] and unit["start"] < end for start, end in labels)]
    return replace(task, quotations=len(outermost), labelled_quotations=len(touched))


# ---- own numbers, and the round ----


def _numbers(session: Session, access: Access, round: Round, tasks: Sequence[Task]) -> Numbers:
    here = [task for task in tasks if task.round == round.name]
    rows = session.execute(
        select(Label.stance, func.count(Label.id))
        .select_from(Assignment)
        .outerjoin(Label, _labels_of(Assignment))  # an outer join begins with the few assignments on every database
        .where(*_mine(access), Assignment.round == round.name)
        .group_by(Label.stance)
    )
    counts = {stance: count for stance, count in rows if count}
    stances: list[Stance | None] = [*scheme_of(session, round).stances]
    if None in counts:
        stances.append(None)
    return Numbers(
        round=round.name,
        labels=sum(task.labels for task in here),
        unsure=sum(task.unsure for task in here),
        simulated=sum(task.simulated for task in here),
        by_stance=[(stance, counts.get(stance.id if stance else None, 0)) for stance in stances],
    )


def _round(session: Session, access: Access, round: Round) -> RoundWork:
    of_project = Membership.project_id == access.project_id
    return RoundWork(
        name=round.name,
        closed=round.closed_at is not None,
        people=_progress(session, access, round),
        documents=_count(session, select(Document.id).where(Document.project_id == access.project_id)),
        annotators=_count(session, select(Membership.person_id).where(of_project, Membership.is_annotator)),
    )


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _progress(session: Session, access: Access, round: Round) -> list[Progress]:
    """By name; of articles that the actor has yet to finish, what others have begun is not told."""
    by = [Assignment.person_id, Assignment.document_id]
    people: dict[str, list[counting.Progress]] = {}
    for (person_id, _), found in counting.progress_by(session, access, by, Assignment.round == round.name).items():
        people.setdefault(person_id, []).append(found)
    names = _names(session, access, people)
    return sorted((_of_person(names[id], people[id]) for id in people), key=lambda one: one.name.casefold())


def _of_person(name: str, articles: Sequence[counting.Progress]) -> Progress:
    states = Counter(article.state for article in articles)
    simulated = any(article.simulated for article in articles)
    return Progress(name, states["finished"], states["begun"], states["new"], simulated)


def _names(session: Session, access: Access, ids: Iterable[str]) -> dict[str, str]:
    rows = session.execute(
        select(Person.id, member_name())
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == access.project_id, Person.id.in_(list(ids)))
    )
    return dict(rows.all())

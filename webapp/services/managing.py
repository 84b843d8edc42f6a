"""Projects: making them, their members, schemes, guides, rounds and settings."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.database import Database, new_id, now
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.guides import starter_guide
from webapp.domain.labels import is_name
from webapp.domain.permissions import ADJUDICATOR, ANNOTATOR, CURATOR, Actor
from webapp.domain.schemes import Scheme, parse_scheme, vanished
from webapp.domain.text import canonical, has_unstorable
from webapp.models import GuideVersion, Label, Membership, Project, Round, SchemeVersion
from webapp.places import place
from webapp.services.access import Access, enter, record, roles_of
from webapp.services.accounts import find_person
from webapp.services.rounds import find_round, newest_round, parse_scheme_once, rounds_of, scheme_source
from webapp.services.speakers import add_scheme_speakers

FIRST_ROUND = "main"
LARGEST_FILE = 1_000_000  # characters of a scheme or a guide

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ROUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


def seed_text(name: str) -> str:
    """A text file of seeds/."""
    return (place("seeds") / name).read_text("utf-8")


# ---- projects ----


def create_project(db: Database, actor: Actor, slug: str, title: str, scheme: str | None = None) -> None:
    """A project with round `main`; without a scheme's TOML that of seeds/. Raises Invalid, Forbidden."""
    check_may_create(actor)
    if scheme is not None:
        check_source(scheme, "scheme")
    with db.writing() as session:
        insert_project(session, actor, slug, title, scheme)


def check_may_create(actor: Actor) -> None:
    """Raises Forbidden: a project is made by an administrator, who then makes people its curators."""
    if not actor.rules_all:
        raise Forbidden("Only an administrator can make a project.")


def insert_project(session: Session, actor: Actor, slug: str, title: str, scheme: str | None) -> Project:
    if not _SLUG.fullmatch(slug):
        raise Invalid("A short name has 1 to 40 small letters, digits and hyphens, such as open-letter.", "slug")
    if not is_name(title) or len(title) > 200:
        raise Invalid("A title is one line of 1 to 200 characters.", "title")
    if session.scalar(select(Project.id).where(Project.slug == slug)):
        raise Invalid(f"There is a project “{slug}” already. Choose another short name.", "slug")
    source = seed_text("scheme.toml") if scheme is None else scheme
    parsed = parse_scheme(source)
    project = Project(id=new_id(), slug=slug, title=title.strip(), created_at=now(), time_zone="UTC")
    session.add(project)
    session.flush()
    _add_first_versions(session, project.id, source, seed_text("guide.md") if scheme is None else starter_guide(parsed))
    add_scheme_speakers(session, project.id, parsed.speakers)
    if actor.person_id is not None:
        member_row(session, project.id, actor.person_id).is_curator = True
    record(session, actor, "project-created", project.id, slug=slug)
    return project


def _add_first_versions(session: Session, project_id: str, scheme: str, guide: str) -> None:
    moment = now()
    session.add(SchemeVersion(project_id=project_id, number=1, source=scheme, created_at=moment))
    session.add(GuideVersion(project_id=project_id, number=1, source=guide, created_at=moment))
    session.flush()
    session.add(
        Round(project_id=project_id, name=FIRST_ROUND, position=1, scheme_number=1, guide_number=1, created_at=moment)
    )
    session.flush()


def list_projects(db: Database, actor: Actor) -> list[dict[str, Any]]:
    """Projects the actor has a role in (all for an operator or administrator), by slug.

    `{"slug","title","roles","open"}`; open: which of agreement and releases annotators may see.
    """
    with db.reading() as session:
        rows: Any = session.execute(
            select(Project, Membership)
            .outerjoin(Membership, (Membership.project_id == Project.id) & (Membership.person_id == actor.person_id))
            .order_by(Project.slug)
        ).all()
        listed = [(project, roles_of(member) if member else frozenset()) for project, member in rows]
        return [
            {"slug": project.slug, "title": project.title, "roles": sorted(roles), "open": _opened(project)}
            for project, roles in listed
            if roles or actor.rules_all
        ]


def _opened(project: Project) -> list[str]:
    pages = {"agreement": project.agreement_open, "releases": project.releases_open}
    return [page for page, is_open in pages.items() if is_open]


def set_settings(db: Database, actor: Actor, slug: str, **values: Any) -> None:
    """Change switches (`proposals_on`, `agreement_open`, `releases_open`), `title`, `time_zone` or `licence`.

    Raises Invalid.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        _check_settings(values)
        for name, value in values.items():
            setattr(access.project, name, value)
        record(session, actor, "settings-changed", access.project_id, **values)


def _check_settings(values: dict[str, Any]) -> None:
    if "title" in values and (not is_name(str(values["title"])) or len(str(values["title"])) > 200):
        raise Invalid("A title is one line of 1 to 200 characters.", "title")
    licence = values.get("licence")
    if licence is not None and (not is_name(str(licence)) or len(str(licence)) > 200):
        raise Invalid("A licence is one line of at most 200 characters, such as cc-by-4.0.", "licence")
    if "time_zone" in values:
        try:
            ZoneInfo(str(values["time_zone"]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Invalid("There is no such time zone. Use a name such as Europe/Berlin or UTC.", "time_zone") from None


# ---- members ----


def set_roles(db: Database, actor: Actor, slug: str, name: str, roles: frozenset[str]) -> None:
    """Give a person exactly these roles; none ends the membership. Raises NotFound, Forbidden, Invalid."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        person = find_person(session, name)
        if not roles and session.get(Membership, (access.project_id, person.id)) is None:
            raise Invalid(f"“{person.name}” is no member of this project.", "roles")
        member = member_row(session, access.project_id, person.id)
        if member.is_curator and CURATOR not in roles and not actor.rules_all and person.id == actor.person_id:
            raise Invalid("You cannot take the curator's role from yourself. Ask another curator.", "roles")
        give_roles(member, roles)
        record(session, actor, "roles-set", access.project_id, person=person.name, roles=sorted(roles))


def give_roles(member: Membership, roles: frozenset[str]) -> None:
    member.is_curator, member.is_adjudicator = CURATOR in roles, ADJUDICATOR in roles
    member.is_annotator = ANNOTATOR in roles


def member_row(session: Session, project_id: str, person_id: str) -> Membership:
    """The membership of a person, made with the next free pseudonym where there is none."""
    member = session.get(Membership, (project_id, person_id))
    if member is None:
        member = Membership(
            project_id=project_id,
            person_id=person_id,
            pseudonym=_free_pseudonym(session, project_id),
            joined_at=now(),
            is_curator=False,
            is_adjudicator=False,
            is_annotator=False,
        )
        session.add(member)
        session.flush()
    return member


def _free_pseudonym(session: Session, project_id: str) -> str:
    taken = set(session.scalars(select(Membership.pseudonym).where(Membership.project_id == project_id)))
    number = len(taken) + 1
    while f"annotator-{number:02}" in taken:
        number += 1
    return f"annotator-{number:02}"


# ---- schemes and guides ----


def set_scheme(db: Database, actor: Actor, slug: str, source: str, round_name: str | None = None) -> int:
    """A new version of the scheme for the rounds to come, or for one open round; returns its number.

    Raises Invalid for a bad file, a closed round, or a value in use in that round that would vanish.
    """
    check_source(source, "scheme")
    scheme = parse_scheme(source)
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        round = _open_round(session, access, round_name) if round_name is not None else None
        if round:
            _keep_used_values(session, round, scheme)
        number = add_version(session, SchemeVersion, access.project_id, source)
        if round:
            round.scheme_number = number
        add_scheme_speakers(session, access.project_id, scheme.speakers)
        record(session, actor, "scheme-set", access.project_id, number=number, round=round_name)
        return number


def set_guide(db: Database, actor: Actor, slug: str, source: str, round_name: str | None = None) -> int:
    """A new version of the guide for the rounds to come, or for one open round; returns its number. Raises Invalid."""
    check_source(source, "guide")
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        round = _open_round(session, access, round_name) if round_name is not None else None
        number = add_version(session, GuideVersion, access.project_id, canonical(source))
        if round:
            round.guide_number = number
        record(session, actor, "guide-set", access.project_id, number=number, round=round_name)
        return number


def check_source(source: str, what: str) -> None:
    """Raises Invalid for a file that is empty, too long, or holds what cannot be stored."""
    if not source.strip():
        raise Invalid(f"The {what} is empty.", "file")
    if len(source) > LARGEST_FILE:
        raise Invalid(f"The {what} has more than {LARGEST_FILE:,} characters.", "file")
    if why := has_unstorable(source):
        raise Invalid(f"The {what} holds {why}.", "file")


def _open_round(session: Session, access: Access, name: str) -> Round:
    round = find_round(session, access.project_id, name)
    if round.closed_at:
        raise Invalid(f"Round “{name}” is closed. Its scheme and guide stand still; open a new round.", "round")
    return round


def add_version(session: Session, table: type[SchemeVersion] | type[GuideVersion], project_id: str, source: str) -> int:
    """Store the next version; the number of the newest one where its text is the same."""
    number = newest_number(session, table, project_id)
    if number and _source_of(session, table, project_id, number) == source:
        return number
    session.add(table(project_id=project_id, number=number + 1, source=source, created_at=now()))
    session.flush()
    return number + 1


def _source_of(session: Session, table: type[SchemeVersion] | type[GuideVersion], project_id: str, number: int) -> str:
    return session.scalars(select(table.source).where(table.project_id == project_id, table.number == number)).one()


def newest_number(session: Session, table: type[SchemeVersion] | type[GuideVersion], project_id: str) -> int:
    """0 where there is none."""
    return session.scalar(select(func.max(table.number)).where(table.project_id == project_id)) or 0


def _keep_used_values(session: Session, round: Round, scheme: Scheme) -> None:
    old = parse_scheme_once(scheme_source(session, round.project_id, round.scheme_number))
    here = (Label.project_id == round.project_id, Label.round == round.name, Label.deleted_at.is_(None))
    stances = session.scalars(select(Label.stance).where(*here, Label.stance.is_not(None)).distinct()).all()
    claim_types = session.scalars(select(Label.claim_type).where(*here, Label.claim_type.is_not(None)).distinct()).all()
    gone = vanished(old, scheme, [s for s in stances if s], [c for c in claim_types if c])
    if gone:
        raise Invalid(f"Labels of round “{round.name}” use {', '.join(gone)}: keep these, or open a new round.", "file")


# ---- rounds ----


def add_round(db: Database, actor: Actor, slug: str, name: str) -> None:
    """A new round under the newest scheme and guide. Raises Invalid for a name that is taken or cannot be one."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        if not _ROUND.fullmatch(name):
            raise Invalid("A round's name has 1 to 40 letters, digits, spaces, dots and hyphens.", "name")
        if session.get(Round, (access.project_id, name)):
            raise Invalid(f"There is a round “{name}” already. Choose another name.", "name")
        session.add(
            Round(
                project_id=access.project_id,
                name=name,
                position=newest_round(session, access.project_id).position + 1,
                scheme_number=newest_number(session, SchemeVersion, access.project_id),
                guide_number=newest_number(session, GuideVersion, access.project_id),
                created_at=now(),
            )
        )
        record(session, actor, "round-added", access.project_id, round=name)


def close_round(db: Database, actor: Actor, slug: str, name: str) -> None:
    """After this the round's labels stand still. Raises NotFound, Invalid where it is closed already."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        round = find_round(session, access.project_id, name)
        if round.closed_at:
            raise Invalid(f"Round “{name}” is closed already.", "name")
        round.closed_at = now()
        record(session, actor, "round-closed", access.project_id, round=name)


def list_rounds(db: Database, actor: Actor, slug: str) -> list[dict[str, Any]]:
    """Oldest first: `{"name","state","scheme","guide","closed_at"}`. For curators."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        return [round_record(round) for round in rounds_of(session, access.project_id)]


def round_record(round: Round) -> dict[str, Any]:
    """A line of rounds.jsonl."""
    return {
        "name": round.name,
        "state": "closed" if round.closed_at else "open",
        "scheme": round.scheme_number,
        "guide": round.guide_number,
        "closed_at": round.closed_at,
    }

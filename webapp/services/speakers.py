"""The registry of speakers: who may be named by whom, proposals, taking in, merging and un-merging."""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.labels import NewSpeaker
from webapp.domain.permissions import Actor
from webapp.domain.schemes import SchemeSpeaker
from webapp.models import Label, Person, Speaker
from webapp.services.access import Access, Part, enter, record
from webapp.services.counting import still_annotating


def visible_speakers(session: Session, access: Access) -> list[Speaker]:
    """Speakers this actor may see, by id: a proposal is its author's, adjudicators' and curators' to see only."""
    query = select(Speaker).where(Speaker.project_id == access.project_id).order_by(Speaker.id)
    if not access.allows("adjudicate"):
        query = query.where(or_(Speaker.proposed_by.is_(None), Speaker.proposed_by == access.actor.person_id))
    return list(session.scalars(query))


def find_named(session: Session, access: Part, new: NewSpeaker) -> Speaker | None:
    """Who is meant by a new name: the author's own proposal of that name, else the registry's of name and kind."""
    named = select(Speaker).where(Speaker.project_id == access.project_id, Speaker.name == new.name.strip())
    mine = session.scalar(named.where(Speaker.proposed_by == access.actor.person_id))
    registered = named.where(Speaker.proposed_by.is_(None), Speaker.kind == new.kind).order_by(Speaker.id).limit(1)
    found = mine or session.scalar(registered)
    return _living(session, found) if found else None


def _living(session: Session, speaker: Speaker) -> Speaker:
    while speaker.merged_into is not None:  # merges never go in a circle: merge_speaker sees to it
        speaker = session.get_one(Speaker, (speaker.project_id, speaker.merged_into))
    return speaker


def propose(session: Session, access: Part, new: NewSpeaker) -> Speaker:
    """Add a proposal for the registry, seen by its author, adjudicators and curators only."""
    speaker = Speaker(
        project_id=access.project_id,
        id=f"new-{secrets.token_hex(6)}",  # random: an id in a row would tell how many others proposed
        name=new.name.strip(),
        kind=new.kind,
        affiliation=new.affiliation.strip(),
        members=[],
        aliases=[],
        proposed_by=access.actor.person_id,
    )
    session.add(speaker)
    session.flush()
    record(session, access.actor, "speaker-proposed", access.project_id, speaker=speaker.id, name=speaker.name)
    return speaker


def add_scheme_speakers(session: Session, project_id: str, speakers: tuple[SchemeSpeaker, ...]) -> None:
    """Bring a scheme's speakers into the registry; those that are there stay as they are."""
    there = set(session.scalars(select(Speaker.id).where(Speaker.project_id == project_id)))
    session.add_all(
        Speaker(
            project_id=project_id,
            id=s.id,
            name=s.name,
            kind=s.kind,
            affiliation=s.affiliation,
            members=list(s.members),
            aliases=list(s.aliases),
        )
        for s in speakers
        if s.id not in there
    )
    session.flush()


def may_count(session: Session, access: Access) -> bool:
    """Whether the actor may learn how many labels name whom: who adjudicates or curates, and has none left to make."""
    return access.allows("adjudicate") and not still_annotating(session, access)


def list_speakers(db: Database, actor: Actor, slug: str) -> list[dict[str, Any]]:
    """The registry as the actor may see it, by id; with how many living labels, 0 where that is not told."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        counts = _label_counts(session, access.project_id) if may_count(session, access) else {}
        people = dict(session.execute(select(Person.id, Person.name)).all())
        return [
            _row(speaker) | {"proposed_by": people.get(speaker.proposed_by or ""), "labels": counts.get(speaker.id, 0)}
            for speaker in visible_speakers(session, access)
        ]


def _row(speaker: Speaker) -> dict[str, Any]:
    return {
        "id": speaker.id,
        "name": speaker.name,
        "kind": speaker.kind,
        "affiliation": speaker.affiliation,
        "members": speaker.members,
        "aliases": speaker.aliases,
        "proposed_by": None,
        "merged_into": speaker.merged_into,
    }


def _label_counts(session: Session, project_id: str, *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(Label.speaker_id, func.count())
        .where(Label.project_id == project_id, Label.deleted_at.is_(None), *conditions)
        .group_by(Label.speaker_id)
    )
    return dict(rows.all())


def compare(db: Database, actor: Actor, slug: str, id: str, into: str = "") -> dict[str, Any]:
    """A speaker that may be merged, the one chosen for it, and all it could go into: `speaker`, `target`, `others`.

    Each as in `list_speakers`, and how many of its labels are `simulated`; `target` is None where `into` names none.
    `counted`: whether these numbers may be told.
    Raises NotFound, Forbidden.
    """
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        counted = may_count(session, access)
        made_up = _label_counts(session, access.project_id, Label.origin == "simulated") if counted else {}
    rows = [row | {"simulated": made_up.get(row["id"], 0)} for row in list_speakers(db, actor, slug)]
    speaker = next((row for row in rows if row["id"] == id), None)
    if speaker is None:
        raise NotFound(f"There is no speaker “{id}” in this project.")
    others = [row for row in rows if row["id"] != id and row["merged_into"] is None and row["proposed_by"] is None]
    others.sort(key=lambda row: (row["kind"] != speaker["kind"], row["name"].casefold()))
    target = next((row for row in others if row["id"] == into), None)
    return {"speaker": speaker, "others": others, "target": target, "counted": counted}


def find_speaker(session: Session, project_id: str, id: str) -> Speaker:
    """Raises NotFound."""
    speaker = session.get(Speaker, (project_id, id))
    if speaker is None:
        raise NotFound(f"There is no speaker “{id}” in this project.")
    return speaker


def take_in(db: Database, actor: Actor, slug: str, id: str) -> None:
    """Make a proposal part of the registry. Raises NotFound, Forbidden."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        speaker = find_speaker(session, access.project_id, id)
        speaker.proposed_by = None
        record(session, actor, "speaker-taken-in", access.project_id, speaker=id)


def merge_speaker(db: Database, actor: Actor, slug: str, id: str, into: str) -> None:
    """Let `id` point to `into`: labels keep what was stored. Raises NotFound, Forbidden, Invalid (a circle)."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        speaker, target = (find_speaker(session, access.project_id, one) for one in (id, into))
        if _living(session, target).id == speaker.id:
            raise Invalid(f"“{id}” and “{into}” are one speaker already. Choose another to merge into.", "into")
        if speaker.merged_into is not None:
            raise Invalid(f"“{id}” is merged into “{speaker.merged_into}” already. Un-merge it first.", "into")
        if target.proposed_by is not None:
            raise Invalid(f"“{into}” is only a proposal. Take it into the registry first.", "into")
        speaker.merged_into = target.id
        record(session, actor, "speaker-merged", access.project_id, speaker=id, into=into)


def unmerge_speaker(db: Database, actor: Actor, slug: str, id: str) -> None:
    """Undo a merge. Raises NotFound, Forbidden, Invalid where it is not merged."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        speaker = find_speaker(session, access.project_id, id)
        if speaker.merged_into is None:
            raise Invalid(f"“{id}” is not merged into another speaker.", "from")
        record(session, actor, "speaker-unmerged", access.project_id, speaker=id, was_into=speaker.merged_into)
        speaker.merged_into = None

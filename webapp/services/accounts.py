"""People: adding, signing in by password or one-time link, sessions, preferences, disabling and removing."""

import hashlib
import secrets
import threading
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from webapp.database import Database, before_now, new_id, now, take_turns
from webapp.domain.errors import Forbidden, Invalid, NotFound, Throttled
from webapp.domain.labels import is_name
from webapp.domain.permissions import Actor
from webapp.models import OneTimeLink, Person, Preference, SignIn, SignInAttempt
from webapp.services.access import record

LINK_HOURS = 72
FIRST_LINK_HOURS = 1
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
LONGEST_NAME = 80
_LONGEST_KEY = 20 * LONGEST_NAME  # folding makes up to eighteen characters of one
THROTTLE_MINUTES = 15
MOST_WRONG_PER_NAME, MOST_WRONG_PER_ADDRESS = 8, 40
_SEEN_EVERY_MINUTES = 5

_two_hashes = threading.Semaphore(2)  # each takes 64 MiB for its tenth of a second
_hasher = PasswordHasher()

WRONG = "Name and password do not match."


def _decoy() -> str:
    """A hash that nothing matches, to verify against where there is no such person: time and memory tell nothing."""
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (16, 32))
    return f"$argon2id$v=19${costs}${salt}${digest}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A living session: who it is, and what pages need to know of them."""

    actor: Actor
    preferences: dict[str, Any]


def name_key(name: str) -> str:
    """The form in which names are compared: compatibility-folded, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_name(name: str) -> str:
    """`name` without spaces at its ends. Raises Invalid."""
    tidy = name.strip()
    if not is_name(tidy) or len(tidy) > LONGEST_NAME:
        raise Invalid(f"A name is one line of 1 to {LONGEST_NAME} characters.", "name")
    return tidy


def check_password(password: str) -> None:
    """Raises Invalid."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", "password")


def hash_password(password: str) -> str:
    with _two_hashes:
        return _hasher.hash(password)


def _matches(password_hash: str | None, password: str) -> bool:
    with _two_hashes:
        try:
            _hasher.verify(password_hash or _decoy(), password)
            return password_hash is not None
        except VerificationError:
            return False


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# ---- people ----


def add_person(
    db: Database, actor: Actor, name: str, *, admin: bool = False, password: str | None = None
) -> str | None:
    """Add a person; returns the token of a one-time link where no password is given. Raises Invalid, Forbidden."""
    _require_admin(actor)
    if password is not None:
        check_password(password)
    hashed = hash_password(password) if password is not None else None
    with db.writing() as session:
        person = insert_person(session, name, admin=admin, password_hash=hashed)
        record(session, actor, "person-added", person=person.name)
        return None if hashed else new_link(session, person, LINK_HOURS)


def insert_person(session: Session, name: str, *, admin: bool = False, password_hash: str | None = None) -> Person:
    """Add the row of a new person. Raises Invalid where the name is taken."""
    tidy = check_name(name)
    if session.scalar(select(Person.id).where(Person.name_key == name_key(tidy))):
        raise Invalid(f"There is a person named “{tidy}” already. Choose another name.", "name")
    person = Person(
        id=new_id(), name=tidy, name_key=name_key(tidy), password_hash=password_hash, is_admin=admin, created_at=now()
    )
    session.add(person)
    session.flush()
    return person


def find_person(session: Session, name: str) -> Person:
    """The person of that name. Raises NotFound."""
    person = session.scalar(
        select(Person).where(Person.name_key == name_key(name.strip()), Person.removed_at.is_(None))
    )
    if person is None:
        raise NotFound(f"There is no person named “{name}”.")
    return person


def _require_admin(actor: Actor) -> None:
    if not actor.rules_all:
        raise Forbidden("Only an administrator can do this.")


def list_people(db: Database) -> list[dict[str, Any]]:
    """Everybody, by name: `{"name","admin","state","last_seen"}`; state is active, invited or disabled."""
    with db.reading() as session:
        people = session.scalars(select(Person).where(Person.removed_at.is_(None)).order_by(Person.name)).all()
        return [{"name": p.name, "admin": p.is_admin, "state": state_of(p), "last_seen": p.seen_at} for p in people]


def state_of(person: Person) -> str:
    if person.disabled_at:
        return "disabled"
    return "active" if person.password_hash else "invited"


def disable_person(db: Database, actor: Actor, name: str) -> None:
    """End all sessions and links of a person and let nobody in under the name. Raises NotFound, Forbidden."""
    _require_admin(actor)
    with db.writing() as session:
        person = find_person(session, name)
        person.disabled_at = now()
        _end_sessions(session, person.id)
        record(session, actor, "person-disabled", person=person.name)


# ---- one-time links ----


def make_link(db: Database, actor: Actor, name: str, hours: int = LINK_HOURS) -> str:
    """A new one-time link's token; older ones of the person end, a disabled person may come back by it."""
    _require_admin(actor)
    with db.writing() as session:
        person = find_person(session, name)
        person.disabled_at = None
        record(session, actor, "link-made", person=person.name)
        return new_link(session, person, hours)


def new_link(session: Session, person: Person, hours: int) -> str:
    """The token of a link; older ones of the person end."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(OneTimeLink).where(OneTimeLink.person_id == person.id))
    session.add(OneTimeLink(token_hash=_hashed(token), person_id=person.id, expires_at=before_now(hours=-hours)))
    return token


def first_link(db: Database) -> str | None:
    """A link for the first administrator while nobody has ever signed in, else None."""
    with db.writing() as session:
        if session.scalar(select(func.count()).select_from(SignIn)):
            return None
        person = session.scalar(
            select(Person)
            .where(Person.is_admin, Person.removed_at.is_(None), Person.disabled_at.is_(None))
            .order_by(Person.created_at, Person.id)
            .limit(1)
        )
        if person is None or person.password_hash:
            return None
        return new_link(session, person, FIRST_LINK_HOURS)


def link_owner(db: Database, token: str) -> str:
    """The name of the person whom the link is for. Raises NotFound for a used, expired or unknown one."""
    with db.reading() as session:
        return _living_link(session, token)[1].name


def _living_link(session: Session, token: str, *, lock: bool = False) -> tuple[OneTimeLink, Person]:
    query = (
        select(OneTimeLink, Person)
        .join(Person, Person.id == OneTimeLink.person_id)
        .where(OneTimeLink.token_hash == _hashed(token), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now())
        .where(Person.disabled_at.is_(None), Person.removed_at.is_(None))
    )
    row = session.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This link was used, has expired, or was replaced by a newer one. Ask for a new one.")
    return row[0], row[1]


def use_link(db: Database, token: str, password: str) -> str:
    """Set the password, use the link up, and sign in: returns the session's token. Raises NotFound, Invalid."""
    check_password(password)
    hashed = hash_password(password)
    with db.writing() as session:
        link, person = _living_link(session, token, lock=True)
        link.used_at = now()
        person.password_hash = hashed
        _end_sessions(session, person.id)
        record(session, Actor(person.id, person.name), "link-used")
        return _start_session(session, person)


# ---- sessions ----


def sign_in(db: Database, name: str, password: str, address: str) -> str:
    """The token of a new session. Raises Invalid where name and password do not match, Throttled after many tries."""
    key = name_key(name.strip())[:_LONGEST_KEY]
    attempt = _count_attempt(db, key, address)
    with db.reading() as session:
        person = session.scalar(select(Person).where(Person.name_key == key))
        found = (person.id, person.password_hash) if person and not (person.disabled_at or person.removed_at) else None
    if not _matches(found[1] if found else None, password[: LONGEST_PASSWORD + 1]) or found is None:
        raise Invalid(WRONG, "password")
    with db.writing() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt))
        person = session.get_one(Person, found[0])
        record(session, Actor(person.id, person.name), "signed-in")
        return _start_session(session, person)


def _count_attempt(db: Database, key: str, address: str) -> str:
    """Count the try before the password is looked at, one after another, so that many at once cannot slip through."""
    with db.writing() as session:
        take_turns(session)
        past = SignInAttempt.at < before_now(minutes=THROTTLE_MINUTES)
        ahead = SignInAttempt.at > now()  # the clock was set back; nobody is kept out until it is that late again
        session.execute(delete(SignInAttempt).where(or_(past, ahead)))
        for column, value, most in (
            (SignInAttempt.name_key, key, MOST_WRONG_PER_NAME),
            (SignInAttempt.address, address, MOST_WRONG_PER_ADDRESS),
        ):
            if (session.scalar(select(func.count()).where(column == value)) or 0) >= most:
                raise Throttled(
                    f"Too many wrong passwords. Try again in {THROTTLE_MINUTES} minutes, or ask for a sign-in link."
                )
        attempt = SignInAttempt(id=new_id(), name_key=key, address=address, at=now())
        session.add(attempt)
        return attempt.id


def _start_session(session: Session, person: Person) -> str:
    token = secrets.token_urlsafe(32)
    person.seen_at = now()
    session.add(SignIn(token_hash=_hashed(token), person_id=person.id, created_at=now(), seen_at=now()))
    return token


# built once: every request asks it. A row for each of the person's preferences, or one without any
_LIVING = (
    select(SignIn.seen_at, Person.id, Person.name, Person.is_admin, Preference.name, Preference.value)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Preference, Preference.person_id == Person.id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
    .where(SignIn.seen_at > bindparam("idle"), SignIn.created_at > bindparam("oldest"))
    .where(Person.disabled_at.is_(None), Person.removed_at.is_(None))
)


def who_is(db: Database, token: str, idle_hours: int, max_days: int) -> SignedIn | None:
    """Whose living session this is; None if it was ended or has run out."""
    limits = {"idle": before_now(hours=idle_hours), "oldest": before_now(days=max_days)}
    with db.snapshot() as connection:
        rows = connection.execute(_LIVING, {"token_hash": _hashed(token), **limits}).all()
    if not rows:
        return None
    seen_at, *who, _, _ = rows[0]
    preferences = {name: value for *_, name, value in rows if name is not None}
    signed_in = SignedIn(Actor(*who), preferences)
    if seen_at < before_now(minutes=_SEEN_EVERY_MINUTES):
        _note_seen(db, token, signed_in.actor)
    return signed_in


def _note_seen(db: Database, token: str, actor: Actor) -> None:
    with db.writing() as session:
        session.execute(update(SignIn).where(SignIn.token_hash == _hashed(token)).values(seen_at=now()))
        session.execute(update(Person).where(Person.id == actor.person_id).values(seen_at=now()))


def sign_out(db: Database, actor: Actor, token: str, *, everywhere: bool = False) -> None:
    """End this session, or all of the person's."""
    with db.writing() as session:
        mine = update(SignIn).where(SignIn.person_id == actor.person_id, SignIn.ended_at.is_(None))
        ended = mine if everywhere else mine.where(SignIn.token_hash == _hashed(token))
        session.execute(ended.values(ended_at=now()))
        record(session, actor, "signed-out-everywhere" if everywhere else "signed-out")


def _end_sessions(session: Session, person_id: str) -> None:
    session.execute(
        update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None)).values(ended_at=now())
    )
    session.execute(
        delete(OneTimeLink).where(
            or_(OneTimeLink.expires_at <= now(), OneTimeLink.person_id == person_id), OneTimeLink.used_at.is_(None)
        )
    )


def change_password(db: Database, actor: Actor, old: str, new: str, address: str) -> str:
    """Set a new password, end all sessions, and start this one anew: returns its token. Raises Invalid, Throttled."""
    check_password(new)
    try:
        sign_in(db, actor.name, old, address)
    except Invalid:
        raise Invalid("The present password is not right.", "old") from None
    hashed = hash_password(new)
    with db.writing() as session:
        person = session.get_one(Person, actor.person_id)
        person.password_hash = hashed
        _end_sessions(session, person.id)
        record(session, actor, "password-changed")
        return _start_session(session, person)


# ---- preferences ----

# what may be set, and to what; the colour scheme is in a cookie as well, so that no page flashes
PREFERENCES: dict[str, tuple[Any, ...]] = {
    "scheme": ("", "light", "dark"),
    "letters": (True, False),
    "pieces_first": (True, False),
    "docked": (True, False),
}


def set_preference(db: Database, signed_in: SignedIn, name: str, value: object) -> None:
    """Keep a setting of the pages; what is so already is not written. Raises Invalid for one that there is not."""
    if name not in PREFERENCES or not any(
        value is allowed or (value == allowed and type(value) is type(allowed)) for allowed in PREFERENCES[name]
    ):
        raise Invalid("There is no such setting.", "name")
    if signed_in.preferences.get(name) == value:
        return
    with db.writing() as session:
        session.merge(Preference(person_id=signed_in.actor.person_id, name=name, value=value))

"""People: passwords, the throttle, one-time links, sessions, removing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher, Type
from sqlalchemy import event

from tests.services.test_exporting import exported, lines
from tests.world import World, finish, put
from webapp.database import before_now
from webapp.domain.errors import Forbidden, Invalid, NotFound, Throttled
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, managing, removing

PASSWORD = "a long password"
AS_SERVED = accounts._hasher


@pytest.fixture(autouse=True)
def _light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same Argon2id with less work: a tenth of a second each would make minutes of these tests."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def ada(world: World) -> World:
    """A world where Ada, an administrator, has a password."""
    accounts.add_person(world.db, OPERATOR, "Ada", admin=True, password=PASSWORD)
    return world


def who(world: World, token: str) -> str | None:
    found = accounts.who_is(world.db, token, 72, 30)
    return found.actor.name if found else None


def sign_in(world: World, password: str = PASSWORD, name: str = "Ada", address: str = "192.0.2.1") -> str:
    return accounts.sign_in(world.db, name, password, address)


def wrong(world: World, **more: str) -> None:
    with pytest.raises(Invalid, match="do not match"):
        sign_in(world, "another password", **more)


# ---- names and passwords ----


def test_name_and_password_sign_in(ada: World) -> None:
    assert who(ada, sign_in(ada)) == "Ada"
    assert who(ada, sign_in(ada, name="  aDA ")) == "Ada"


def test_wrong_names_and_wrong_passwords_have_one_answer(ada: World) -> None:
    for name, password in (("Ada", "another password"), ("Nobody", PASSWORD), ("Alice", PASSWORD), ("", "")):
        with pytest.raises(Invalid) as why:
            sign_in(ada, password, name)
        assert (why.value.message, why.value.field) == ("Name and password do not match.", "password")


def test_passwords_are_kept_as_argon2id(ada: World) -> None:
    (row,) = ada.rows("SELECT password_hash FROM person WHERE name = 'Ada'")
    assert row.password_hash.startswith("$argon2id$") and PASSWORD not in row.password_hash


def test_a_hash_takes_64_mb_and_three_rounds() -> None:
    assert (AS_SERVED.memory_cost, AS_SERVED.time_cost, AS_SERVED.type) == (65_536, 3, Type.ID)


@pytest.mark.parametrize("password", ["", "123456789", "x" * 201])
def test_passwords_have_a_length(sqlite_only: World, password: str) -> None:
    with pytest.raises(Invalid, match="10 to 200"):
        accounts.add_person(sqlite_only.db, OPERATOR, "Ada", password=password)


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "two\nlines", "a\0b", "a\u200bb", "alice", "ALICE ", "Ａlice"])
def test_names_that_are_none_or_taken_are_refused(sqlite_only: World, name: str) -> None:
    with pytest.raises(Invalid):
        accounts.add_person(sqlite_only.db, OPERATOR, name)


def test_a_long_name_that_grows_when_folded_can_sign_in(sqlite_only: World) -> None:
    name = "ﷺ" * 80
    accounts.add_person(sqlite_only.db, OPERATOR, name, password=PASSWORD)
    assert who(sqlite_only, sign_in(sqlite_only, name=name)) == name


def test_only_administrators_manage_people(ada: World) -> None:
    curt = ada.actor("Curt")
    for act in (
        lambda: accounts.add_person(ada.db, curt, "Dora"),
        lambda: accounts.make_link(ada.db, curt, "Alice"),
        lambda: accounts.disable_person(ada.db, curt, "Alice"),
        lambda: removing.remove_person(ada.db, curt, "Alice"),
        lambda: managing.create_project(ada.db, curt, "new", "New"),
    ):
        with pytest.raises(Forbidden):
            act()
    assert accounts.add_person(ada.db, ada.actor("Ada"), "Dora")


class Counted(PasswordHasher):
    """Notes which hashes it was given to compare with, less what is random in them."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.work: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.work.append("compare " + str(hash).rpartition("$")[0].rpartition("$")[0])
        return super().verify(hash, password)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.work.append("hash")
        return super().hash(password, salt=salt)


def test_names_that_there_are_and_are_not_cost_the_same_work(ada: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody learns by a clock who has an account: the same statements and one comparison as costly as any other."""
    hasher = Counted()
    monkeypatch.setattr(accounts, "_hasher", hasher)
    accounts.disable_person(ada.db, OPERATOR, "Bob")
    removing.remove_person(ada.db, OPERATOR, "Carol")
    done = {}
    for name in ("Ada", "Alice", "Bob", "Carol", "Nobody", "", "x" * 5_000):
        hasher.work.clear()
        with statements(ada) as asked:
            wrong(ada, name=name)
        done[name] = (hasher.work[:], asked)
    assert done["Ada"][0] == ["compare $argon2id$v=19$m=64,t=1,p=1"]
    assert [name for name in done if done[name] != done["Ada"]] == []


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What the database is asked while the block runs."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(world.db.engine, "before_cursor_execute", note)


# ---- the throttle ----


def test_many_tries_at_once_do_not_slip_through(ada: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Counted()
    monkeypatch.setattr(accounts, "_hasher", hasher)

    def guess(number: int) -> None:
        with pytest.raises((Invalid, Throttled)):
            sign_in(ada, f"guess number {number}")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(guess, range(3 * accounts.MOST_WRONG_PER_NAME)))
    assert len(hasher.work) == accounts.MOST_WRONG_PER_NAME


def test_names_that_there_are_not_are_throttled_alike(ada: World) -> None:
    for _ in range(accounts.MOST_WRONG_PER_NAME):
        wrong(ada, name="Nobody")
    with pytest.raises(Throttled) as nobody:
        sign_in(ada, name="Nobody")
    for _ in range(accounts.MOST_WRONG_PER_NAME):
        wrong(ada)
    with pytest.raises(Throttled) as somebody:
        sign_in(ada)
    assert nobody.value.message == somebody.value.message


def test_wrong_passwords_for_a_name_are_throttled_for_a_while(ada: World) -> None:
    for number in range(accounts.MOST_WRONG_PER_NAME):
        wrong(ada, address=f"192.0.2.{number}")
    with pytest.raises(Throttled):
        sign_in(ada, address="198.51.100.1")
    with pytest.raises(Throttled):
        sign_in(ada, name="ADA", address="198.51.100.1")
    accounts.add_person(ada.db, OPERATOR, "Bea", password=PASSWORD)
    assert who(ada, sign_in(ada, name="Bea")) == "Bea"  # nobody else is
    ada.change("UPDATE sign_in_attempt SET at = :then", then=before_now(minutes=accounts.THROTTLE_MINUTES, seconds=2))
    assert who(ada, sign_in(ada)) == "Ada"
    assert ada.rows("SELECT id FROM sign_in_attempt") == []


def test_wrong_passwords_from_an_address_are_throttled(ada: World) -> None:
    with ada.db.writing() as session:
        for number in range(accounts.MOST_WRONG_PER_ADDRESS):
            attempt = {"name_key": f"n{number}", "address": "192.0.2.1", "at": before_now(), "id": accounts.new_id()}
            session.add(accounts.SignInAttempt(**attempt))
    with pytest.raises(Throttled):
        sign_in(ada)
    assert who(ada, sign_in(ada, address="192.0.2.2")) == "Ada"


def test_right_passwords_do_not_count(ada: World) -> None:
    for _ in range(accounts.MOST_WRONG_PER_NAME + 1):
        assert who(ada, sign_in(ada)) == "Ada"
    wrong(ada)


def test_the_throttle_holds_for_the_present_password_too(ada: World) -> None:
    actor = ada.actor("Ada")
    for _ in range(accounts.MOST_WRONG_PER_NAME):
        with pytest.raises(Invalid, match="present password"):
            accounts.change_password(ada.db, actor, "not this one", "a new password", "192.0.2.1")
    with pytest.raises(Throttled):
        accounts.change_password(ada.db, actor, PASSWORD, "a new password", "192.0.2.1")


# ---- one-time links ----


def test_a_link_is_used_once(world: World) -> None:
    token = accounts.make_link(world.db, OPERATOR, "Alice")
    assert accounts.link_owner(world.db, token) == "Alice"
    assert who(world, accounts.use_link(world.db, token, PASSWORD)) == "Alice"
    assert who(world, sign_in(world, name="Alice")) == "Alice"
    for use in (lambda: accounts.link_owner(world.db, token), lambda: accounts.use_link(world.db, token, PASSWORD)):
        with pytest.raises(NotFound):
            use()


def test_a_link_runs_out(world: World) -> None:
    token = accounts.make_link(world.db, OPERATOR, "Alice")
    world.change("UPDATE one_time_link SET expires_at = :then", then=before_now(seconds=1))
    with pytest.raises(NotFound):
        accounts.use_link(world.db, token, PASSWORD)


def test_a_newer_link_ends_the_older(world: World) -> None:
    older, newer = (accounts.make_link(world.db, OPERATOR, "Alice") for _ in range(2))
    bobs = accounts.make_link(world.db, OPERATOR, "Bob")
    with pytest.raises(NotFound):
        accounts.link_owner(world.db, older)
    assert accounts.link_owner(world.db, newer) == "Alice"
    assert accounts.link_owner(world.db, bobs) == "Bob"


@pytest.mark.parametrize("token", ["", "x", "é", "\ud800", "x" * 10_000])
def test_an_unknown_link_is_not_found(sqlite_only: World, token: str) -> None:
    with pytest.raises(NotFound):
        accounts.link_owner(sqlite_only.db, token)


def test_links_are_not_kept_in_the_clear(world: World) -> None:
    token = accounts.make_link(world.db, OPERATOR, "Alice")
    assert all(token not in str(tuple(row)) for row in world.rows("SELECT * FROM one_time_link"))
    assert all(token not in str(tuple(row)) for row in world.rows("SELECT * FROM event"))


def test_the_first_link_comes_until_somebody_signed_in(sqlite_only: World) -> None:
    assert accounts.first_link(sqlite_only.db) is None  # there is no administrator
    accounts.add_person(sqlite_only.db, OPERATOR, "Ada", admin=True)
    first = accounts.first_link(sqlite_only.db)
    second = accounts.first_link(sqlite_only.db)
    assert first and second and first != second
    with pytest.raises(NotFound):
        accounts.link_owner(sqlite_only.db, first)
    accounts.use_link(sqlite_only.db, second, PASSWORD)
    assert accounts.first_link(sqlite_only.db) is None


# ---- sessions ----


def test_a_session_ends_when_it_was_idle(ada: World) -> None:
    token = sign_in(ada)
    ada.change("UPDATE session SET seen_at = :then", then=before_now(hours=71))
    assert who(ada, token) == "Ada"  # and has been seen now
    (row,) = ada.rows("SELECT seen_at FROM session")
    assert row.seen_at >= before_now(minutes=1)
    ada.change("UPDATE session SET seen_at = :then", then=before_now(hours=72, seconds=2))
    assert who(ada, token) is None


def test_a_session_ends_after_its_longest_time(ada: World) -> None:
    token = sign_in(ada)
    ada.change("UPDATE session SET created_at = :then", then=before_now(days=30, seconds=2))
    assert who(ada, token) is None


def test_signing_out_ends_this_session_or_all(ada: World) -> None:
    one, two, three = (sign_in(ada) for _ in range(3))
    alice = ada.visitor("Alice")
    accounts.sign_out(ada.db, ada.actor("Ada"), one)
    assert [who(ada, token) for token in (one, two, three)] == [None, "Ada", "Ada"]
    accounts.sign_out(ada.db, ada.actor("Ada"), two, everywhere=True)
    assert [who(ada, token) for token in (two, three)] == [None, None]
    assert alice.article("000")["person"] == "Alice"


def test_nobody_signs_out_another(ada: World) -> None:
    token = sign_in(ada)
    accounts.sign_out(ada.db, ada.actor("Alice"), token)
    assert who(ada, token) == "Ada"


def test_a_new_password_ends_every_other_session(ada: World) -> None:
    old = sign_in(ada)
    new = accounts.change_password(ada.db, ada.actor("Ada"), PASSWORD, "a new password", "192.0.2.1")
    assert (who(ada, old), who(ada, new)) == (None, "Ada")
    wrong(ada)
    assert who(ada, sign_in(ada, "a new password")) == "Ada"


def test_a_used_link_ends_every_older_session(ada: World) -> None:
    old = sign_in(ada)
    accounts.use_link(ada.db, accounts.make_link(ada.db, OPERATOR, "Ada"), "a new password")
    assert who(ada, old) is None


def test_sessions_are_not_kept_in_the_clear(ada: World) -> None:
    token = sign_in(ada)
    assert all(token not in str(tuple(row)) for row in ada.rows("SELECT * FROM session"))


# ---- disabled and removed ----


def test_who_is_disabled_is_out_until_a_new_link(ada: World) -> None:
    token, link = sign_in(ada), accounts.make_link(ada.db, OPERATOR, "Ada")
    accounts.disable_person(ada.db, OPERATOR, "Ada")
    assert who(ada, token) is None
    wrong(ada)
    with pytest.raises(NotFound):
        accounts.link_owner(ada.db, link)
    accounts.use_link(ada.db, accounts.make_link(ada.db, OPERATOR, "Ada"), PASSWORD)
    assert who(ada, sign_in(ada)) == "Ada"


def test_who_is_removed_leaves_labels_under_a_pseudonym(world: World) -> None:
    world.operate("Bob", "000", put(world.label()), finish())
    bob = world.visitor("Bob")
    before = exported(world, "labels")
    assert removing.remove_person(world.db, OPERATOR, "Bob") == 0
    assert bob.get("/p/letter/documents/000.json").status_code == 401
    assert exported(world, "labels") == before
    for table in ("person", "event", "preference", "sign_in_attempt", "membership"):
        assert all("Bob" not in str(tuple(row)) for row in world.rows(f"SELECT * FROM {table}")), table
    with pytest.raises(NotFound):
        accounts.make_link(world.db, OPERATOR, "Bob")
    world.add_person("Bob", "annotator")  # another one
    world.assign("Bob", documents=["000"])
    world.stored("Bob")
    assert {label["annotator"] for label in lines(exported(world, "labels"))} == {"annotator-02", "annotator-05"}


def test_removing_may_erase_the_labels(world: World) -> None:
    world.stored("Bob")
    kept = world.stored("Alice")
    assert removing.remove_person(world.db, OPERATOR, "Bob", erase_labels=True) == 1
    assert [label["id"] for label in lines(exported(world, "labels"))] == [kept["id"]]
    removed = "(SELECT id FROM person WHERE removed_at IS NOT NULL)"
    for table in ("label", "assignment", "operation_result", "session"):
        assert world.rows(f"SELECT * FROM {table} WHERE person_id IN {removed}") == []


def test_the_last_administrator_stays(ada: World) -> None:
    with pytest.raises(Invalid, match="last administrator"):
        removing.remove_person(ada.db, OPERATOR, "Ada")
    ada.add_person("Bea", admin=True)
    removing.remove_person(ada.db, OPERATOR, "Ada")

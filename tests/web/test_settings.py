"""/p/<slug>/settings: title, time zone, switches, scheme and guide, exports."""

import io
import zipfile

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, why, words
from tests.world import Visitor, World
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

ADDRESS = "/p/letter/settings"
GIVEN = {"title": "The Hollywood letter", "time_zone": "UTC", "proposals_on": "y"}


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def project(world: World) -> object:
    return world.rows("SELECT title, time_zone, proposals_on, agreement_open, releases_open FROM project")[0]


def upload(visitor: Visitor, what: str, content: bytes, round: str = "") -> TestResponse:
    data = {"file": (io.BytesIO(content), "given"), "round": round}
    return visitor.post(f"{ADDRESS}/{what}", data=data, content_type="multipart/form-data")


def versions(world: World) -> tuple[int, int]:
    found = world.rows("SELECT scheme_number, guide_number FROM round WHERE name = 'main'")[0]
    return found.scheme_number, found.guide_number


def test_settings_are_saved(world: World) -> None:
    curt = world.visitor("Curt")
    given = {"title": " New & better ", "time_zone": "Europe/Berlin", "agreement_open": "y", "releases_open": "y"}
    answer = curt.post(ADDRESS, data=given)
    assert answer.status_code == 303 and answer.location == ADDRESS
    assert notice(curt.get(ADDRESS)) == "The settings were saved."
    title, zone, *switches = project(world)  # type: ignore[misc]
    assert (title.strip(), zone) == ("New & better", "Europe/Berlin")
    assert [bool(one) for one in switches] == [False, True, True]
    page = main(curt.get(ADDRESS))
    assert 'value="Europe/Berlin"' in page and "New &amp; better" in page


def test_a_licence_is_kept_until_it_is_taken_away(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    given = {"title": "The letter", "time_zone": "UTC"}
    for licence, stored in ((" cc-by-4.0 ", "cc-by-4.0"), ("", None)):
        assert curt.post(ADDRESS, data=given | {"licence": licence}).status_code == 303
        assert sqlite_only.rows("SELECT licence FROM project") == [(stored,)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"title": ""}, "Enter a title."),
        ({"title": "x" * 201}, "1 to 200 characters"),
        ({"title": "two\nlines"}, "one line"),
        ({"licence": "two\nlines"}, "A licence is one line"),
        ({"time_zone": "Middle/Earth"}, "There is no such time zone."),
        ({"time_zone": "../etc/passwd"}, "There is no such time zone."),
        ({"time_zone": ""}, "Enter a time zone"),
    ],
)
def test_what_cannot_be_set(curt: Visitor, sqlite_only: World, given: dict[str, str], reason: str) -> None:
    before = project(sqlite_only)
    answer = curt.post(ADDRESS, data=GIVEN | given)
    assert answer.status_code == 422 and reason in why(answer)
    assert project(sqlite_only) == before


def test_times_are_told_in_the_projects_zone(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.change("UPDATE project SET time_zone = 'Asia/Tokyo'")
    sqlite_only.change("UPDATE event SET at = '2025-04-02T20:30:00Z'")
    assert "3 April 2025, 05:30" in words(curt.get("/p/letter/events").text)


# ---- scheme and guide ----


def test_a_guide_for_the_rounds_to_come_and_one_for_this(world: World) -> None:
    curt = world.visitor("Curt")
    assert upload(curt, "guide", "# Guide with ü\n".encode()).status_code == 303
    assert notice(curt.get(ADDRESS)) == "Guide version 2 holds for the rounds to come." and versions(world) == (1, 1)
    assert upload(curt, "guide", b"# Another\n", "main").status_code == 303
    assert notice(curt.get(ADDRESS)) == "Guide version 3 holds for round main." and versions(world) == (1, 3)


def test_a_scheme_may_not_drop_what_is_in_use(world: World) -> None:
    world.stored("Alice", stance="neutral")
    curt = world.visitor("Curt")
    source = managing.seed_text("scheme.toml")
    without = source.replace('id = "neutral"', 'id = "undecided"')
    assert without != source
    answer = upload(curt, "scheme", without.encode(), "main")
    assert answer.status_code == 422 and "use stance neutral" in why(answer) and versions(world) == (1, 1)
    assert upload(curt, "scheme", without.encode()).status_code == 303
    assert notice(curt.get(ADDRESS)) == "Scheme version 2 holds for the rounds to come."


@pytest.mark.parametrize("what", ["scheme", "guide"])
@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"\xff\xfe", "not UTF-8"), (b"a\x00b", ""), (b" \n ", "is empty")]
)
def test_a_file_that_cannot_be(curt: Visitor, sqlite_only: World, what: str, content: bytes, reason: str) -> None:
    answer = upload(curt, what, content)
    assert answer.status_code == 422 and reason in why(answer) and why(answer)
    assert upload(curt, "scheme", b"no = [toml").status_code == 422
    assert curt.post(f"{ADDRESS}/{what}", data={}).status_code == 422
    assert versions(sqlite_only) == (1, 1)


def test_a_closed_round_keeps_its_guide(curt: Visitor, sqlite_only: World) -> None:
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    answer = upload(curt, "guide", b"# Late", "main")
    assert answer.status_code == 422 and "is closed" in why(answer)
    assert '<option value="main">' not in main(curt.get(ADDRESS))


# ---- exports ----


def test_the_pages_downloads_work(world: World) -> None:
    world.stored("Alice")
    curt = world.visitor("Curt")
    page = main(curt.get(ADDRESS))
    for address in ("bundle.zip", "labels.jsonl", "documents.jsonl"):
        assert f"/p/letter/export/{address}" in page
        with curt.get(f"/p/letter/export/{address}") as answer:
            assert answer.status_code == 200 and b"Alice" not in answer.data
    with curt.get("/p/letter/export/bundle.zip?names=1") as answer:
        assert b"Alice" in zipfile.ZipFile(io.BytesIO(answer.data)).read("labels.jsonl")


# ---- who may ----


def test_annotators_may_not(sqlite_only: World) -> None:
    alice, before = sqlite_only.visitor("Alice"), project(sqlite_only)
    assert alice.get(ADDRESS).status_code == 403
    assert alice.post(ADDRESS, data=GIVEN | {"title": "Mine"}).status_code == 403
    assert alice.post(ADDRESS, data={}).status_code == 403
    assert upload(alice, "guide", b"# Mine").status_code == 403 and upload(alice, "scheme", b"").status_code == 403
    assert project(sqlite_only) == before and versions(sqlite_only) == (1, 1)


def test_a_bundle_is_taken_in_and_one_that_does_not_fit_is_refused_by_line(curt: Visitor, sqlite_only: World) -> None:
    with curt.get("/p/letter/export/bundle.zip?names=1") as answer:
        bundle = answer.data
    managing.create_project(sqlite_only.db, OPERATOR, "copy", "Copy")
    managing.set_roles(sqlite_only.db, OPERATOR, "copy", "Curt", frozenset({"curator"}))

    def send(name: str, content: bytes) -> TestResponse:
        data = {"file": (io.BytesIO(content), name)}
        return curt.post("/p/copy/settings/bundle", data=data, content_type="multipart/form-data")

    refused = send("bundle.zip", bundle)
    assert refused.status_code == 422 and "“Alice” is known here, but no member of this project." in words(
        main(refused)
    )
    for name in ("Alice", "Bob", "Carol"):
        managing.set_roles(sqlite_only.db, OPERATOR, "copy", name, frozenset({"annotator"}))
    assert send("bundle.zip", bundle).status_code == 303
    assert notice(curt.get("/p/copy/settings")).startswith("Taken in: 5 documents")
    bad = send("labels.jsonl", b'{"document": "000"}\n{no json')
    assert (
        bad.status_code == 422
        and "labels.jsonl, line 1" in words(main(bad))
        and "labels.jsonl, line 2" in words(main(bad))
    )
    assert send("", b"").status_code == 422

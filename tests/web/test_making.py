"""/new-project: an administrator makes a project in the browser; refusals stand in the form."""

import io
import re

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, why, words
from tests.world import Visitor, World
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, managing

ADDRESS = "/new-project"
GIVEN = {"title": "Open letter", "slug": "open-letter"}


@pytest.fixture
def ada(sqlite_only: World) -> Visitor:
    sqlite_only.add_person("Ada", admin=True)
    return sqlite_only.visitor("Ada")


def make(visitor: Visitor, scheme: bytes | None = None, **given: str) -> TestResponse:
    file = {} if scheme is None else {"file": (io.BytesIO(scheme), "scheme.toml")}
    return visitor.post(ADDRESS, data=GIVEN | given | file, content_type="multipart/form-data")


def slugs(world: World) -> list[str]:
    return [row.slug for row in world.rows("SELECT slug FROM project ORDER BY slug")]


def test_a_project_is_made_and_says_what_to_do_first(world: World) -> None:
    world.add_person("Ada", admin=True)
    ada = world.visitor("Ada")
    assert f'href="{ADDRESS}"' in main(ada.get("/"))
    answer = make(ada)
    assert answer.status_code == 303 and answer.location == "/p/open-letter/"
    page = ada.get(answer.location)
    assert notice(page) == "Open letter is made, with round main, and you curate it."
    assert "Next No articles yet" in words(main(page))
    steps = re.findall(r'<a (?:class="btn" )?href="(/p/open-letter/[a-z]+)">', main(page))
    assert steps[:3] == ["/p/open-letter/documents", "/p/open-letter/people", "/p/open-letter/rounds"]
    assert "project created" in words(main(ada.get("/p/open-letter/events")))


def test_with_a_scheme_of_ones_own(ada: Visitor) -> None:
    scheme = managing.seed_text("scheme.toml").replace('name = "', 'name = "Our own: ', 1)
    assert make(ada, scheme.encode()).status_code == 303
    assert "Our own: " in words(main(ada.get("/p/open-letter/scheme")))
    assert "Our own: " in words(main(ada.get("/p/open-letter/guide"))), "the guide is written from the scheme"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"title": ""}, "Enter a title."),
        ({"title": "x" * 201}, "1 to 200 characters"),
        ({"slug": ""}, "Enter a short name"),
        ({"slug": "Open Letter"}, "small letters, digits and hyphens"),
        ({"slug": "letter"}, "There is a project “letter” already."),
    ],
)
def test_what_cannot_be_made(ada: Visitor, sqlite_only: World, given: dict[str, str], reason: str) -> None:
    answer = make(ada, **given)
    assert answer.status_code == 422 and reason in why(answer)
    assert f'value="{(GIVEN | given)["title"]}"' in answer.text, "what was typed stays"
    assert slugs(sqlite_only) == ["letter"]


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [(b"", "is empty"), (b"\xff", "not UTF-8"), (b"no = [toml", "no valid TOML"), (b"schema = 1", "cannot be used")],
)
def test_a_scheme_that_cannot_be_used(ada: Visitor, sqlite_only: World, scheme: bytes, reason: str) -> None:
    answer = make(ada, scheme)
    assert answer.status_code == 422 and reason in why(answer) and slugs(sqlite_only) == ["letter"]


def test_the_first_project_is_offered_where_there_is_none(sqlite_url: str) -> None:
    world = World(sqlite_url)
    accounts.add_person(world.db, OPERATOR, "Ada", admin=True)
    page = main(world.visitor("Ada").get("/"))
    assert "There is no project yet" in words(page) and f'href="{ADDRESS}"' in page
    world.close()


@pytest.mark.parametrize("name", ["Alice", "Curt"])
def test_only_administrators_may(sqlite_only: World, name: str) -> None:
    visitor = sqlite_only.visitor(name)
    assert ADDRESS not in visitor.get("/").text
    assert visitor.get(ADDRESS).status_code == 403 and make(visitor).status_code == 403
    assert make(visitor, title="").status_code == 403, "nothing is said of the form to others"
    assert slugs(sqlite_only) == ["letter"]
    assert sqlite_only.app.test_client().get(ADDRESS).status_code == 303

"""Texts, titles, names and addresses that mean harm, and requests of other sites."""

import html
import re
import uuid
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.web.pages import words as read_words
from tests.world import World, finish, put
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, managing, speakers

MARKUP = "<script>alert(1)</script>"
IMAGE = "\"><img src=x onerror=alert(1)>'"
TEXT = f"First {MARKUP} words {IMAGE} here. </script><!-- </noscript> ]]> &lt;b&gt; {{{{ 7*7 }}}}"
ELSEWHERE = [
    *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
    *("/\t/evil.example", "///evil.example", " //evil.example", "http:evil.example", "/\r\nLocation: x"),
]


@pytest.fixture
def hostile(sqlite_only: World) -> World:
    """A project in which every word that a person can choose is markup."""
    world = sqlite_only
    words = dict.fromkeys(("title", "outlet", "byline", "published", "url", "language"), MARKUP + IMAGE)
    assert world.bring({"id": "evil", "text": TEXT, **words, "more": MARKUP})[0].status == "added"
    world.add_person(MARKUP, "annotator,curator")
    world.assign(MARKUP, documents=["evil"])
    managing.set_settings(world.db, OPERATOR, "letter", title=MARKUP)
    guide = f"# {MARKUP}\n\n{IMAGE}\n\n[x](javascript:alert(1)) <iframe src=x></iframe>\n"
    managing.set_guide(world.db, OPERATOR, "letter", guide, "main")
    speaker = {"name": MARKUP, "kind": "person", "affiliation": IMAGE}
    label = world.label("words", "evil", speaker=speaker, note=MARKUP + IMAGE + TEXT)
    assert world.operate(MARKUP, "evil", put(label))[0]["status"] == "stored"
    return world


class _Tags(HTMLParser):
    """Every element of a page, as a browser would find it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def assert_harmless(page: str) -> None:
    tags = _Tags(page).found
    assert len(tags) > 10
    for tag, attributes in tags:
        assert tag not in ("iframe", "object", "embed", "img", "style", "base"), tag
        assert tag != "script" or "src" in attributes or attributes["type"] == "application/json"
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        for name in ("href", "src", "action", "formaction"):
            assert not re.match(r"\s*(javascript|data|https?):|//", attributes.get(name, "")), attributes


def test_every_page_escapes_what_people_wrote(hostile: World) -> None:
    visitor = hostile.visitor(MARKUP)
    pages = ("/", "/account", "/p/letter/", "/p/letter/documents", "/p/letter/documents/evil", "/p/letter/people",
             "/p/letter/speakers", "/p/letter/guide", "/p/letter/scheme", "/p/letter/rounds", "/p/letter/settings",
             "/p/letter/events", "/p/letter/no-such")  # fmt: skip
    for address in pages:
        answer = visitor.get(address)
        assert answer.status_code in (200, 404), address
        assert_harmless(answer.text)
    assert html.escape(MARKUP) in visitor.get("/p/letter/documents/evil").text.replace("&#34;", "&quot;")


def test_the_articles_text_stays_what_it_is(hostile: World) -> None:
    answer = hostile.visitor(MARKUP).get("/p/letter/documents/evil.json")
    assert answer.content_type == "application/json"
    assert answer.json["text"] == TEXT and answer.json["labels"][0]["note"] == MARKUP + IMAGE + TEXT


def test_what_people_wrote_is_harmless_where_it_is_decided(hostile: World) -> None:
    """Also to whoever adjudicates: on the page, in its data, and in what is decided."""
    assert hostile.operate(MARKUP, "evil", finish())[0]["status"] == "stored"
    visitor = hostile.visitor(MARKUP)
    address = "/p/letter/adjudicate/evil"
    found = visitor.get(f"{address}.json?names=1")
    (one,) = found.json["clusters"]
    assert found.content_type == "application/json" and one["labels_full"][0]["note"] == MARKUP + IMAGE + TEXT
    assert found.json["annotators"][0]["name"] == MARKUP
    sent = {"id": str(uuid.uuid4()), "action": "accept", "key": one["key"], "note": MARKUP + IMAGE}
    assert visitor.post(f"{address}/decisions", json={"decisions": [sent]}).json["results"][0]["status"] == "stored"
    for page in (address, "/p/letter/adjudicate", "/p/letter/documents/evil", "/p/letter/events"):
        answer = visitor.get(page)
        assert answer.status_code == 200, page
        assert_harmless(answer.text)


def test_addresses_are_escaped_on_pages_of_errors(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    for address in ("/%s", "/p/%s/", "/p/letter/documents/%s", "/p/letter/documents/000?label=%s", "/welcome/%s"):
        answer = alice.get(address % quote(MARKUP, safe=""))
        assert answer.status_code < 500
        assert_harmless(answer.text)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_leads_to_this_site_only(sqlite_only: World, address: str) -> None:
    accounts.add_person(sqlite_only.db, OPERATOR, "Ada", password="a long password")
    client = sqlite_only.app.test_client()
    page = client.get("/sign-in", query_string={"next": address})
    assert page.status_code == 200 and "evil.example" not in page.text and "javascript:" not in page.text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token
    form = {"name": "Ada", "password": "a long password", "next": address, "csrf_token": token[1]}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    again = client.get("/sign-in", query_string={"next": address})
    assert (again.status_code, again.headers["Location"]) == (303, "/")


def test_a_place_on_this_site_is_kept_for_after_signing_in(sqlite_only: World) -> None:
    answer = sqlite_only.app.test_client().get("/p/letter/documents/000?round=main")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/p/letter/documents/000?round%3Dmain"
    alice = sqlite_only.visitor("Alice")
    assert alice.get("/sign-in?next=/p/letter/").headers["Location"] == "/p/letter/"


def test_csv_and_names_of_files_in_uploads_lead_nowhere(sqlite_only: World) -> None:
    found = sqlite_only.bring({"id": "../../etc/passwd", "text": "x"}, {"id": "a\nSet-Cookie: x", "text": "y"})
    assert [outcome.document for outcome in found] == ["etc-passwd", "a-Set-Cookie-x"]


def test_a_merge_cannot_make_a_circle(sqlite_only: World) -> None:
    merge = speakers.merge_speaker
    merge(sqlite_only.db, OPERATOR, "letter", "joe-russo", "russo-brothers")
    for one, into in (("russo-brothers", "joe-russo"), ("openai", "openai"), ("joe-russo", "openai")):
        with pytest.raises(speakers.Invalid):
            merge(sqlite_only.db, OPERATOR, "letter", one, into)


def test_the_field_with_a_nul_in_it_is_named(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    answer = curt.post("/p/letter/settings", data={"title": "a\0b", "time_zone": "UTC"})
    assert answer.status_code == 400 and "There is a NUL character in the field “title”" in read_words(answer.text)
    assert "the field “q”" in read_words(curt.get("/p/letter/documents?q=a%00").text)
    assert "in the address" in read_words(curt.get("/p/letter/documents/a%00").text)

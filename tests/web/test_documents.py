"""/p/<slug>/documents: the list with search, order and pages; the upload."""

import io
import re
import zipfile

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, row, rows, why, words
from tests.world import Visitor, World, finish

ADDRESS = "/p/letter/documents"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def upload(visitor: Visitor, *files: tuple[str, bytes], follow: bool = False) -> TestResponse:
    given = [(io.BytesIO(content), name) for name, content in files]
    data = {"files": given}
    return visitor.post(ADDRESS, data=data, content_type="multipart/form-data", follow_redirects=follow)


def ids(answer: TestResponse) -> list[str]:
    return re.findall(r'<td class="id">(.*?)</td>', main(answer))


# ---- the list ----


def test_every_article_with_its_progress(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "000", finish())
    page = world.visitor("Curt").get(ADDRESS)
    assert ids(page) == ["000", "001", "002", "003", "004"]
    listed = rows(page)[1:]
    assert listed[0].endswith("1 of 3 1") and listed[3].endswith("not assigned 0")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("OAN", ["001"]),
        ("no film", ["003"]),
        ("hollywood letter_", []),
        ("%", []),
        ("000", ["000"]),
        ("filmmakers 003", ["003"]),
        ("<i>", []),
    ],
)
def test_search(world: World, search: str, found: list[str]) -> None:
    page = world.visitor("Curt").get(ADDRESS, query_string={"q": search})
    assert ids(page) == found
    assert found or f"Nothing has “{search}” in it" in words(page.text)


def test_order(world: World) -> None:
    world.bring(
        {"id": "b", "title": "zebra", "outlet": "alpha", "published": "2020-01-01", "text": "One."},
        {"id": "a", "title": "Aardvark", "outlet": "Zulu", "published": "2030-01-01", "text": "Two."},
    )
    curt = world.visitor("Curt")
    assert ids(curt.get(f"{ADDRESS}?sort=title"))[:2] == ["003", "a"]
    assert ids(curt.get(f"{ADDRESS}?sort=title"))[-1] == "b"
    assert ids(curt.get(f"{ADDRESS}?sort=outlet"))[-1] == "a"
    assert ids(curt.get(f"{ADDRESS}?sort=-published"))[0] == "a"
    assert ids(curt.get(f"{ADDRESS}?sort=published"))[-1] == "a"
    assert ids(curt.get(f"{ADDRESS}?sort=text")) == ids(curt.get(ADDRESS))
    assert 'aria-sort="ascending"' in curt.get(f"{ADDRESS}?sort=outlet").text
    assert 'aria-sort="descending"' in curt.get(f"{ADDRESS}?sort=-outlet").text


def test_order_by_what_is_done(world: World) -> None:
    world.stored("Bob")
    world.operate("Carol", "000", finish())
    curt = world.visitor("Curt")
    assert ids(curt.get(f"{ADDRESS}?sort=labels"))[-1] == "000" and ids(curt.get(f"{ADDRESS}?sort=-labels"))[0] == "000"
    assert (
        ids(curt.get(f"{ADDRESS}?sort=-finished"))[0] == "000"
        and ids(curt.get(f"{ADDRESS}?sort=finished"))[-1] == "000"
    )


def test_days_are_told_in_words(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring(
        {"id": "x", "published": "2025-03-21T10:00", "text": "One."}, {"id": "y", "published": "May", "text": "Two."}
    )
    assert "21 March 2025" in row(curt.get(ADDRESS), "x ") and "May" in row(curt.get(ADDRESS), "y ")


def test_pages_keep_search_and_order(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring(*({"id": f"x{number:03}", "title": "Same", "text": f"Number {number}."} for number in range(60)))
    page = curt.get(f"{ADDRESS}?q=same&sort=title")
    assert "1 to 50 of 60 articles" in words(page.text)
    (further,) = re.findall(r'href="([^"]+)" rel="next"', page.text)
    assert len(ids(curt.get(further.replace("&amp;", "&")))) == 10


def test_an_annotator_finds_only_own_articles(world: World) -> None:
    alice = world.visitor("Alice")
    assert len(rows(alice.get(ADDRESS))) == 4
    assert "Nothing has" in alice.get(f"{ADDRESS}?q=003").text, "003 is not Alice's"
    assert len(rows(alice.get(f"{ADDRESS}?q=001"))) == 2
    assert 'name="files"' not in alice.get(ADDRESS).text


def test_an_adjudicator_sees_all_and_adds_none(sqlite_only: World) -> None:
    sqlite_only.add_person("Jo", "adjudicator")
    jo = sqlite_only.visitor("Jo")
    assert len(ids(jo.get(ADDRESS))) == 5
    assert 'name="files"' not in jo.get(ADDRESS).text
    assert upload(jo, ("a.txt", b"Words.")).status_code == 403


# ---- the upload ----


def test_upload(world: World) -> None:
    curt = world.visitor("Curt")
    answer = upload(curt, ("one.txt", b"One."), ("two.md", b"# Two\n\nWords."), ("again.txt", b"One."))
    assert answer.status_code == 303 and answer.location == ADDRESS
    page = curt.get(ADDRESS)
    assert notice(page) == "2 articles were added. 1 was there already."
    assert {"one", "two"} < set(ids(page)) and "again" not in ids(page)
    assert notice(curt.get(ADDRESS)) == "", "said once"


def test_a_refused_file_is_told_by_line_and_the_good_ones_stay(world: World) -> None:
    curt = world.visitor("Curt")
    bad = b'{"id": "x", "text": "Fine."}\n{"id": "y"}\nno json\n'
    answer = upload(curt, ("good.txt", b"Good."), ("bad.jsonl", bad), ("worse.pdf", b"%PDF"))
    assert answer.status_code == 422
    told = [row for row in rows(answer) if row.startswith(("good", "bad", "worse"))]
    assert told[0] == "good.txt 1 article was added."
    assert told[1].startswith("bad.jsonl 2 Refused:") and told[2].startswith("bad.jsonl 3 Refused:")
    assert told[3].startswith("worse.pdf Refused: only .txt")
    assert "good" in ids(answer) and not {"x", "y"} & set(ids(answer))


def test_a_zip_is_opened(curt: Visitor) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/side.txt", "Inside.")
    assert notice(upload(curt, ("all.zip", packed.getvalue()), follow=True)) == "1 article was added."


def test_no_file_is_a_refusal(curt: Visitor) -> None:
    answer = upload(curt, ("", b""))
    assert answer.status_code == 422 and why(answer) == "Choose at least one file."


def test_markup_in_a_file_name_is_text(curt: Visitor) -> None:
    answer = upload(curt, ("<img src=x>.pdf", b"x"))
    assert "<img" not in main(answer) and "<img src=x>.pdf" in words(answer.text)


def test_the_uploads_token_is_asked_for(curt: Visitor) -> None:
    answer = curt.client.post(ADDRESS, data={"files": [(io.BytesIO(b"Words."), "a.txt")]})
    assert answer.status_code == 400 and "a" not in ids(curt.get(ADDRESS))


def test_an_annotator_adds_nothing(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    assert upload(alice, ("a.txt", b"Words.")).status_code == 403
    assert upload(alice).status_code == 403
    assert sqlite_only.rows("SELECT count(*) AS n FROM document")[0].n == 5


def test_the_row_leads_to_the_article(curt: Visitor) -> None:
    assert "/p/letter/documents/003" in main(curt.get(ADDRESS))
    assert row(curt.get(ADDRESS), "400+").split()[-1] == "0"

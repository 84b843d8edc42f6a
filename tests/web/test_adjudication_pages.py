"""The pages of adjudication without a browser: who sees them, when nothing is to decide, deciding by plain forms."""

import re
from collections import Counter
from typing import Any

import pytest

from tests.web.pages import main, notice, row, words
from tests.world import OTHER_WORDS, WORDS, Visitor, World, finish, put
from webapp.domain.permissions import OPERATOR
from webapp.services import adjudicating, briefs, managing

QUEUE = "/p/letter/adjudicate"


def two_labels(world: World, document: str = "001", **bobs: Any) -> None:
    """Alice and Bob label the same words of an article that nobody else has, and finish it."""
    text = world.document(document).text
    passage = text[text.index(OTHER_WORDS[:20]) :].split(".")[0][:60]
    world.stored("Alice", passage, document)
    world.stored("Bob", passage, document, **bobs)
    for name in ("Alice", "Bob"):
        assert world.operate(name, document, finish())[0]["status"] == "stored"


def forms(page: str) -> list[dict[str, str]]:
    """The plain form of each passage: its hidden fields."""
    found = re.findall(r'<form class="panel" method="post".*?</form>', page, re.DOTALL)
    return [dict(re.findall(r'name="(key|base)" value="([^"]*)"', form)) for form in found]


def decide(visitor: Visitor, choice: str, document: str = "001") -> str:
    """Press that button of the first passage; what the page says then."""
    address = f"{QUEUE}/{document}"
    answer = visitor.post(address, data=forms(visitor.get(address).text)[0] | {"do": choice})
    assert answer.status_code == 303
    assert answer.location == f"{address}#plain"
    return notice(visitor.get(address))


def clusters(world: World) -> list[dict[str, Any]]:
    return adjudicating.open_document(world.db, OPERATOR, "letter", "001").clusters


def stored(world: World) -> Any:
    return clusters(world)[0]["decision_row"]


# ---- who sees them ----


@pytest.mark.parametrize("address", [QUEUE, f"{QUEUE}.json", f"{QUEUE}/000", f"{QUEUE}/000.json"])
def test_they_are_for_adjudicators_and_curators(sqlite_only: World, address: str) -> None:
    sqlite_only.add_person("Dora")
    sqlite_only.add_person("Ada", "adjudicator")
    status = {name: sqlite_only.visitor(name).get(address).status_code for name in ("Alice", "Dora", "Ada", "Curt")}
    assert status == {"Alice": 403, "Dora": 404, "Ada": 200, "Curt": 200}
    assert sqlite_only.app.test_client().get(address).status_code == (401 if address.endswith("json") else 303)


def test_the_way_there_is_shown_to_whoever_may_go(sqlite_only: World) -> None:
    assert f'href="{QUEUE}"' in sqlite_only.visitor("Curt").get("/").text
    assert f'href="{QUEUE}"' not in sqlite_only.visitor("Alice").get("/").text


def test_who_still_annotates_an_article_does_not_see_others_labels_on_it(sqlite_only: World) -> None:
    two_labels(sqlite_only)
    sqlite_only.add_person("Dora", "annotator,adjudicator")
    sqlite_only.assign("Dora", documents=["001"])
    dora = sqlite_only.visitor("Dora")
    answer = dora.get(f"{QUEUE}/001")
    assert answer.status_code == 403
    assert "You annotate this article too" in answer.text
    assert "finish your own labels first" in row(dora.get(QUEUE), "Stars seek help")


# ---- when there is nothing to decide ----


def test_before_all_have_finished_it_says_who_is_at_work_and_shows_no_label(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    sqlite_only.operate("Alice", "000", finish())
    curt = sqlite_only.visitor("Curt")
    page = main(curt.get(f"{QUEUE}/000"))
    said = words(page)
    assert "Not ready yet" in said
    assert "1 of 3 annotators have finished this article" in said
    pseudonyms = [pseudonym for (pseudonym,) in sqlite_only.rows(
        "SELECT pseudonym FROM membership JOIN person ON person.id = person_id WHERE name IN ('Bob', 'Carol')"
    )]  # fmt: skip
    assert sorted(re.findall(r'<li><span class="tag">(.*?)</span>', page)) == sorted(pseudonyms)
    assert "page-data" not in page
    assert "Nothing to adjudicate yet" in main(curt.get(QUEUE))
    assert row(curt.get(QUEUE), "Stars sign").endswith("1 of 3 finished")


def test_a_closed_round_is_decided_and_another_one_can_be_chosen(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    sqlite_only.operate("Alice", "000", finish())
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    managing.add_round(sqlite_only.db, OPERATOR, "letter", "second")
    curt = sqlite_only.visitor("Curt")
    assert "No article is assigned in this round." in main(curt.get(f"{QUEUE}?round=second"))
    assert "Round main, closed" in main(curt.get(QUEUE))  # the newest in which somebody has work
    page = main(curt.get(f"{QUEUE}?round=main"))
    assert f'href="{QUEUE}/000?round=main"' in page
    assert "Only one annotator has finished this article" in curt.get(f"{QUEUE}/000?round=main").text


# ---- deciding without scripts ----


def test_a_plain_form_accepts_takes_a_label_rejects_and_takes_back(sqlite_only: World) -> None:
    two_labels(sqlite_only, claim_type="FACT")
    curt = sqlite_only.visitor("Curt")
    page = curt.get(f"{QUEUE}/001").text
    assert "No claim type leads" in words(page)
    letters = {label["claim_type"]: label["annotator"] for label in clusters(sqlite_only)[0]["labels_full"]}
    assert "claim type" in decide(curt, "accept")
    assert stored(sqlite_only) is None
    assert decide(curt, f"take {letters['FACT']}") == "Stored."
    assert stored(sqlite_only)["gold"]["claim_type"] == "FACT"
    assert decide(curt, "reject") == "Stored."
    assert stored(sqlite_only)["action"] == "reject"
    assert "No label by Curt" in words(main(curt.get(f"{QUEUE}/001")))
    assert decide(curt, "clear") == "Stored."
    assert stored(sqlite_only) is None


def test_a_form_that_saw_something_else_overwrites_nothing(sqlite_only: World) -> None:
    two_labels(sqlite_only)
    sqlite_only.add_person("Ada", "adjudicator")
    ada, curt = sqlite_only.visitor("Ada"), sqlite_only.visitor("Curt")
    (seen,) = forms(curt.get(f"{QUEUE}/001").text)
    decide(ada, "reject")
    curt.post(f"{QUEUE}/001", data=seen | {"do": "accept"})
    assert "Somebody else decided this meanwhile" in notice(curt.get(f"{QUEUE}/001"))
    assert (stored(sqlite_only)["action"], stored(sqlite_only)["by"]) == ("reject", "Ada")


def test_the_page_names_nobody(sqlite_only: World) -> None:
    two_labels(sqlite_only)
    page = sqlite_only.visitor("Curt").get(f"{QUEUE}/001").text
    named = [name for name in ("Alice", "Bob", "Carol") if name in page]
    assert named == []
    assert WORDS not in page


def test_much_that_is_new_is_read_by_several_who_ask(sqlite_only: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an import: each answer says how far it is, and the last one is as if all had been read at once."""
    many = {f"new-{n:02}": f"The writers of page {n} ask for payment." for n in range(45)}
    sqlite_only.bring(*({"id": id, "text": text} for id, text in many.items()))
    sqlite_only.assign("Alice", documents=list(many))
    for id, text in many.items():
        done = sqlite_only.operate("Alice", id, put(sqlite_only.label(text, id, unsure=True)), finish())
        assert done[1]["status"] == "stored"
    curt, told = sqlite_only.visitor("Curt"), "{} of 45 finished articles are read."
    monkeypatch.setattr(briefs, "MOST_LABELS", 15)  # twenty articles are read together
    page = curt.get(QUEUE)
    assert (page.status_code, page.headers["Refresh"], page.headers["Retry-After"]) == (202, "1", "1")
    assert told.format(20) in words(page.text)
    part = curt.get(QUEUE, headers={"HX-Request": "true"})  # on My work
    assert part.status_code == 202 and "<main" not in part.text and told.format(40) in words(part.text)
    articles = curt.get(f"{QUEUE}.json").json["articles"]
    assert Counter(row["waiting"] for row in articles if row["ready"]) == {1: 45}
    assert curt.get(f"{QUEUE}/new-00").status_code == 200 == curt.get("/p/letter/releases").status_code

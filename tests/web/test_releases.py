"""The pages of releases: what the next one waits for, making it, its card and files; who may see what."""

import io
import json
import re
import zipfile
from hashlib import sha256

import pytest

from tests.decisions import cluster, decide, decision, disputed, gold
from tests.releases import frozen, make, settle
from tests.web.pages import main, notice, rows, why, words
from tests.working import do_all_jobs
from tests.world import OTHER_WORDS, SLUG, WORDS, Visitor, World
from webapp.domain.permissions import OPERATOR
from webapp.domain.release import manifest
from webapp.domain.release.rehydration import Copies, rehydrated
from webapp.services import jobs, managing

PAGE = "/p/letter/releases"


@pytest.fixture
def settled(sqlite_only: World) -> World:
    settle(sqlite_only)
    return sqlite_only


@pytest.fixture
def released(settled: World) -> World:
    make(settled, note="The <b>first</b>.")
    return settled


def page(visitor: Visitor, address: str = PAGE) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200, answer.text
    return words(main(answer))


def downloaded(visitor: Visitor, address: str) -> bytes:
    with visitor.get(address) as answer:
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
        return bytes(answer.data)


# ---- making one ----


def test_from_the_list_to_a_release(settled: World) -> None:
    curt = settled.visitor("Curt")
    seen = page(curt)
    assert "There is no release yet" in seen
    assert "Round main: 2 passages in 1 finished article." in seen and "Nothing waits for anybody." in seen
    seen = page(curt, f"{PAGE}/new")
    assert "The Hollywood letter, release 1" in seen and "Round main: 2 passages in 1 finished article." in seen
    answer = curt.post(f"{PAGE}/new", data={"note": "The first."})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    waiting = curt.get(PAGE)
    assert notice(waiting) == "The release is being made."
    assert "A release is being made." in words(main(waiting)) and f'hx-get="{PAGE}/state"' in waiting.text
    assert "HX-Refresh" not in curt.get(f"{PAGE}/state").headers
    assert do_all_jobs(settled.db) == ["release"]
    assert curt.get(f"{PAGE}/state").headers["HX-Refresh"] == "true"
    row, note = rows(curt.get(PAGE))[1:]
    assert row.startswith("Release 1") and row.endswith("main 2 3 6") and note == "The first."


def test_what_is_missing_leads_to_where_it_is_done(sqlite_only: World) -> None:
    disputed(sqlite_only)
    curt = sqlite_only.visitor("Curt")
    answer = curt.get(PAGE)
    assert "1 passage waits for a decision. 3 assignments not finished." in words(main(answer))
    for address in ("/p/letter/adjudicate/000?round=main", "/p/letter/?round=main"):
        assert f'href="{address}"' in answer.text and curt.get(address).status_code == 200
    refused = curt.post(f"{PAGE}/new", data={"note": "Kept"})
    assert refused.status_code == 422 and "Something is missing" in why(refused) and 'value="Kept"' in refused.text
    assert curt.post(f"{PAGE}/new", data={"partial": "y"}).status_code == 303
    do_all_jobs(sqlite_only.db)
    assert "Release 1 partial" in page(curt)
    assert "This release is partial." in page(curt, f"{PAGE}/1")


def test_nothing_to_release_is_said(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    assert "Nobody has finished an article in round main yet" in page(curt)
    assert "There is nothing to release yet" in page(curt, f"{PAGE}/new")
    assert curt.post(f"{PAGE}/new", data={"partial": "y"}).status_code == 422


def test_rounds_are_chosen_by_their_boxes(settled: World) -> None:
    managing.add_round(settled.db, OPERATOR, SLUG, "more")
    curt = settled.visitor("Curt")
    assert "Nobody has finished an article in this round" in page(curt, f"{PAGE}/new")
    assert "Rounds main, more: 2 passages" in page(curt, f"{PAGE}/new?round=main&round=more")
    assert curt.post(f"{PAGE}/new?round=main&round=more", data={}).status_code == 303
    do_all_jobs(settled.db)
    assert "main, more" in page(curt)
    assert curt.get(f"{PAGE}/new?round=none").status_code == 404


def test_what_went_wrong_is_told_until_the_next_release(settled: World) -> None:
    curt = settled.visitor("Curt")
    curt.post(f"{PAGE}/new", data={})
    job = jobs.claim(settled.db)
    assert job is not None
    jobs.fail(settled.db, job, "The disk is full.")
    assert "The release could not be made. The disk is full." in page(curt)
    settled.change("UPDATE job SET finished_at = '2025-01-01T00:00:00Z'")
    make(settled)
    assert "could not be made" not in page(curt)


# ---- one of them ----


def test_the_card_and_every_file(released: World) -> None:
    curt = released.visitor("Curt")
    answer = curt.get(f"{PAGE}/1")
    seen = words(main(answer))
    assert "2 gold labels on 3 articles, from 6 labels." in seen
    assert "Known limits" in seen and "pretty_name" not in seen
    assert "<b>first</b>" not in answer.text and "The <b>first</b>." in seen
    files = frozen(released)
    for name, content in files.items():
        assert f'href="{PAGE}/1/{name}"' in answer.text and sha256(content).hexdigest() in answer.text
        assert downloaded(curt, f"{PAGE}/1/{name}") == content
    with zipfile.ZipFile(io.BytesIO(downloaded(curt, f"{PAGE}/1/bundle.zip"))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    for address in (f"{PAGE}/2", f"{PAGE}/1/no.jsonl", f"{PAGE}/1/..%2Fmodels.py"):
        assert curt.get(address).status_code == 404


def test_without_the_articles_words(released: World) -> None:
    """With copies of them it is the release again, but for the notes."""
    curt = released.visitor("Curt")
    address = f"{PAGE}/1/bundle.zip?text-free=1"
    assert f'href="{address}"' in curt.get(f"{PAGE}/1").text
    with zipfile.ZipFile(io.BytesIO(downloaded(curt, address))) as archive:
        free = {name: archive.read(name) for name in archive.namelist()}
    whole = frozen(released)
    assert free.keys() == whole.keys()
    for name in ("documents", "labels", "gold", "decisions"):
        assert WORDS.encode() not in free[f"{name}.jsonl"] and OTHER_WORDS.encode() not in free[f"{name}.jsonl"]
    assert "written without them" in free["README.md"].decode()
    documents = [json.loads(line) for line in whole["documents.jsonl"].splitlines()]
    joined = rehydrated(free, Copies((one["id"], one["text"]) for one in documents))
    for name in ("documents.jsonl", "labels.jsonl", "gold.jsonl", "rounds.jsonl", "scheme.toml", "speakers.jsonl"):
        assert joined[name] == whole[name], name
    manifest.check(joined)
    described = json.loads(joined["croissant.json"])["distribution"]
    assert {one["name"]: one["sha256"] for one in described}["gold.jsonl"] == sha256(whole["gold.jsonl"]).hexdigest()


def test_gold_leaves_in_every_format_from_the_newest_card(released: World) -> None:
    curt = released.visitor("Curt")
    for format in ("jsonl", "csv", "conll", "labelstudio", "brat", "webanno"):
        address = f"/p/letter/export/gold.{format}"
        assert f'href="{address}"' in curt.get(f"{PAGE}/1").text
        assert len(downloaded(curt, address)) > 200
    make(released)
    assert "/export/gold." not in curt.get(f"{PAGE}/1").text
    assert b'"release":2' in downloaded(curt, "/p/letter/export/gold.jsonl")


def test_two_are_compared(released: World) -> None:
    decide(released, decision("set", cluster(released)["key"], 1, gold=gold(released, stance="neutral")))
    decide(released, decision("reject", cluster(released, WORDS)["key"]))
    make(released)
    curt = released.visitor("Curt")
    assert f'href="{PAGE}/2/compare"' in curt.get(PAGE).text
    answer = curt.get(f"{PAGE}/2/compare")
    seen = words(main(answer))
    assert "0 added 1 dropped 1 changed 0 as before" in seen
    assert "stance: Pro-copyright Neutral" in seen and OTHER_WORDS in seen and WORDS in seen
    assert words(main(curt.get(f"{PAGE}/1/compare?with=2"))) == seen
    assert curt.get(f"{PAGE}/2/compare?with=2").status_code == 404
    make(released)
    assert "The gold labels are the same" in page(curt, f"{PAGE}/3/compare")


# ---- who sees what ----


def test_annotators_see_them_once_they_are_opened(released: World) -> None:
    alice, ann = released.visitor("Alice"), PAGE + "/1"
    for address in (PAGE, ann, f"{ann}/gold.jsonl", f"{ann}/bundle.zip", f"{ann}/mine", f"{PAGE}/1/compare"):
        assert alice.get(address).status_code == 403, address
    assert "/releases" not in alice.get("/p/letter/").text
    managing.set_settings(released.db, OPERATOR, SLUG, releases_open=True)
    assert f'href="{PAGE}"' in alice.get("/p/letter/").text
    seen = page(alice)
    assert "Release 1" in seen and "Next release" not in seen and "Make a release" not in seen
    assert alice.get(f"{ann}/gold.jsonl").status_code == 200
    assert "/export/gold" not in alice.get(ann).text
    for address in (f"{PAGE}/new", "/p/letter/export/gold.jsonl"):
        assert alice.get(address).status_code == 403
    assert alice.post(f"{PAGE}/new", data={}).status_code == 403


def test_annotators_learn_of_releases_of_closed_rounds_only(released: World) -> None:
    managing.add_round(released.db, OPERATOR, SLUG, "more")
    released.assign("Alice", documents=["001"], round="more")
    make(released, "main", "more", partial=True)
    managing.set_settings(released.db, OPERATOR, SLUG, releases_open=True)
    alice = released.visitor("Alice")
    assert "Release 2" not in page(alice)
    for address in (f"{PAGE}/2", f"{PAGE}/2/labels.jsonl", f"{PAGE}/2/mine", f"{PAGE}/1/compare?with=2"):
        assert alice.get(address).status_code == 404
    managing.close_round(released.db, OPERATOR, SLUG, "more")
    assert "Release 2" in page(alice)


def test_adjudicators_look_and_curators_who_annotate_wait(released: World) -> None:
    released.add_person("Ada", "adjudicator")
    ada = released.visitor("Ada")
    assert "Next release" not in page(ada)
    assert ada.get(f"{PAGE}/1").status_code == 200 and ada.get(f"{PAGE}/new").status_code == 403
    managing.add_round(released.db, OPERATOR, SLUG, "more")
    make(released, "main", "more")
    released.add_person("Ann", "annotator,curator")
    released.assign("Ann", documents=["001"], round="more")
    ann = released.visitor("Ann")
    assert "others’ labels are open to you once you finished “001”" in page(ann)
    assert ann.get(f"{PAGE}/1").status_code == 200
    for address in (f"{PAGE}/2", f"{PAGE}/2/labels.jsonl", f"{PAGE}/new", "/p/letter/export/gold.jsonl"):
        assert ann.get(address).status_code == 403, address


# ---- one's own labels beside it ----


def test_own_labels_beside_the_gold_and_why(released: World) -> None:
    managing.set_settings(released.db, OPERATOR, SLUG, releases_open=True)
    seen = page(released.visitor("Alice"), f"{PAGE}/1/mine")
    assert "1 of my 2 labels is gold as I made it." in seen
    assert f"{WORDS} as gold OpenAI, Pro-fair-use, Policy" in seen
    assert "Mine OpenAI, Pro-fair-use , Policy Gold OpenAI, Pro-copyright , Policy" in seen
    assert "An adjudicator decided, with 3 labels before them." in seen and "“As the guide has it.”" in seen
    assert re.search(r"Stance: 1 × [\w-]+, 1 × [\w-]+, 1 × [\w-]+\.", seen)
    assert "Alice" not in seen and "Bob" not in seen
    bob = page(released.visitor("Bob"), f"{PAGE}/1/mine")
    assert "2 of my 2 labels are gold as I made them." in bob


def test_a_label_that_was_rejected_and_an_article_without_any(released: World) -> None:
    decide(released, decision("reject", cluster(released, WORDS)["key"], note="Only reported."))
    make(released)
    managing.set_settings(released.db, OPERATOR, SLUG, releases_open=True)
    seen = page(released.visitor("Carol"), f"{PAGE}/2/mine")
    assert "Gold no label Why An adjudicator decided that these words bear no label. “Only reported.”" in seen
    alice = released.visitor("Alice")
    assert alice.get(f"{PAGE}/2/mine?document=001").status_code == 404
    released.add_person("Dan", "annotator")
    assert "None of my work is in this release" in page(released.visitor("Dan"), f"{PAGE}/2/mine")
    assert released.visitor("Curt").get(f"{PAGE}/2/mine").status_code == 403

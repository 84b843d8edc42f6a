"""The agreement page: computed beside the server, right for who may see it, down to the labels behind a figure."""

import csv
import json
import re
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import event

from tests.cli.conftest import Stancemark
from tests.web.pages import words
from tests.working import do_all_jobs
from tests.world import OTHER_WORDS, WORDS, Visitor, World, finish, put, reopen
from webapp.domain.permissions import OPERATOR
from webapp.services import agreeing, jobs, managing, reports

PAGE = "/p/letter/agreement"
COMPUTING = "The figures are being computed"
FIGURES, GAMMA = "report WHERE name = 'figures all:'", "job WHERE kind = 'gamma'"


@pytest.fixture
def compared(sqlite_only: World) -> World:
    """Alice and Bob have finished 000: on the first words they differ, on the others they agree."""
    for name, stance in (("Alice", "pro-fair-use"), ("Bob", "pro-copyright")):
        sqlite_only.stored(name, WORDS, stance=stance)
        sqlite_only.stored(name, OTHER_WORDS, claim_type="VALUE")
        assert sqlite_only.operate(name, "000", finish())[0]["status"] == "stored"
    return sqlite_only


@pytest.fixture
def computed(compared: World) -> World:
    compared.visitor("Curt").get(PAGE)
    assert do_all_jobs(compared.db) == ["figures", "gamma"]
    return compared


def page(visitor: Visitor, address: str = PAGE) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def marked(visitor: Visitor, address: str) -> list[str]:
    """The passages that stand out, of a page of labels."""
    return re.findall(r"<mark>(.*?)</mark>", visitor.get(address).text, re.DOTALL)


# ---- until the figures are there ----


def test_the_first_look_asks_for_the_figures_and_says_so(compared: World) -> None:
    curt = compared.visitor("Curt")
    assert COMPUTING in page(curt)
    assert "The first figures are on their way" in page(curt)
    assert compared.rows("SELECT kind, subject, state FROM job") == [("figures", "all:", "waiting")]
    for ending in ("json", "csv"):
        answer = curt.get(f"{PAGE}.{ending}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
        assert "Ask again" in answer.json["detail"]
    assert do_all_jobs(compared.db) == ["figures", "gamma"]
    seen = page(curt)
    assert COMPUTING not in seen
    assert "2 annotators, 1 article finished by two or more, 4 labels" in seen


def test_whoever_sees_figures_sees_that_gamma_is_under_way(compared: World) -> None:
    """Before no transaction are they there without its job: who looked then would ask for them once more."""
    compared.visitor("Curt").get(PAGE)
    job, seen = jobs.claim(compared.db), []

    def look(_connection: object) -> None:
        with sqlite3.connect(str(compared.db.url.database)) as another:
            found = [another.execute(f"SELECT count(*) FROM {rows}").fetchone()[0] for rows in (FIGURES, GAMMA)]
        another.close()
        seen.append(tuple(found))

    assert job is not None
    event.listen(compared.db.engine, "begin", look)
    agreeing.compute_figures(compared.db, job)
    jobs.finish(compared.db, job)
    event.remove(compared.db.engine, "begin", look)
    assert seen[-1] == (1, 1) and set(seen) == {(0, 0), (1, 1)}


def test_a_page_without_figures_is_loaded_anew_once_they_are_there(compared: World) -> None:
    curt = compared.visitor("Curt")
    waiting = curt.get(f"{PAGE}/state")
    assert "HX-Refresh" not in waiting.headers
    assert 'hx-trigger="load' in waiting.text
    do_all_jobs(compared.db)
    ready = curt.get(f"{PAGE}/state")
    assert ready.headers["HX-Refresh"] == "true"
    assert "hx-get" not in ready.text


def test_finished_work_brings_the_figures_up_to_date_and_other_work_does_not(computed: World) -> None:
    curt = computed.visitor("Curt")
    computed.stored("Alice", "Hollywood", document="001")
    page(curt)
    assert jobs.claim(computed.db) is None, "a label that does not count yet changes nothing"
    computed.operate("Alice", "001", finish())
    seen = page(curt)
    assert "the figures are being brought up to date" in seen
    assert "4 labels" in seen, "the old ones stay in sight"
    assert do_all_jobs(computed.db) == ["figures"], "γ has the same spans to work on, and is not computed again"
    assert "5 labels" in page(curt)
    assert "brought up to date" not in page(curt)


def test_a_page_that_is_open_hears_of_new_figures(computed: World) -> None:
    curt = computed.visitor("Curt")
    shown = re.search(r"shown=([^&\"]+)", curt.get(f"{PAGE}/state?shown=earlier").text)
    assert shown is None
    assert "New figures are there" in words(curt.get(f"{PAGE}/state?shown=earlier").text)


def test_figures_of_another_version_of_the_program_are_computed_anew(
    computed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its measures may be others, and what it stored may have another shape."""
    curt = computed.visitor("Curt")
    assert COMPUTING not in page(curt)
    for part in (reports, agreeing):
        monkeypatch.setattr(part, "VERSION", "99.0")
    assert COMPUTING in page(curt)
    assert do_all_jobs(computed.db) == ["figures", "gamma"]
    assert "99.0" in page(curt)


def test_what_went_wrong_is_said_and_can_be_tried_again(compared: World) -> None:
    curt = compared.visitor("Curt")
    page(curt)
    job = jobs.claim(compared.db)
    assert job is not None
    jobs.fail(compared.db, job, "The disk is full.")
    assert "could not be computed: The disk is full." in page(curt)
    assert jobs.claim(compared.db) is None, "it is not begun again by itself"
    assert curt.get(f"{PAGE}.json").json["detail"] == "The disk is full."
    assert curt.post(PAGE).status_code == 303
    assert do_all_jobs(compared.db) == ["figures", "gamma"]
    assert "could not be computed" not in page(curt)


def test_with_nobody_to_compare_the_page_says_what_to_do(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    page(curt)
    do_all_jobs(sqlite_only.db)
    seen = page(curt)
    assert "Nobody can be compared yet" in seen
    assert "Hand articles out" in seen


# ---- the figures ----


def test_every_figure_is_that_of_the_command(
    computed: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stancemark = Stancemark(computed.url, monkeypatch, capsys)
    curt = computed.visitor("Curt")
    printed = stancemark.well("agreement", "--project", "letter", "--json").json
    assert json.loads(curt.get(f"{PAGE}.json").text) == printed
    assert curt.get(f"{PAGE}.csv").text == stancemark.well("agreement", "--project", "letter", "--csv").out
    rows = list(csv.DictReader(curt.get(f"{PAGE}.csv").text.splitlines()))
    assert next(row["value"] for row in rows if row["name"] == "input_sha256") == printed["input_sha256"]


def test_each_number_has_its_definition_and_what_the_interval_covers_is_said(computed: World) -> None:
    answer = computed.visitor("Curt").get(PAGE)
    named = set(re.findall(r'href="#def-([a-z_0-9]+)"', answer.text))
    defined = set(re.findall(r'id="def-([a-z_0-9]+)"', answer.text))
    assert {"krippendorff_alpha", "gwet_ac1", "alpha_u", "gamma"} <= named <= defined
    assert "It does not cover other annotators" in words(answer.text)
    assert "good or poor" in words(answer.text)


def test_a_number_leads_to_the_labels_behind_it(computed: World) -> None:
    curt = computed.visitor("Curt")
    links = re.findall(r'href="([^"]*clusters\?[^"]*field=stance[^"]*)"', curt.get(PAGE).text)
    both = [link.replace("&amp;", "&") for link in links if "a=pro-copyright" in link and "b=pro-fair-use" in link]
    assert len(both) == 1
    seen = page(curt, both[0])
    assert "1 passage" in seen
    assert marked(curt, both[0]) == [WORDS]
    assert seen.index("Alice") < seen.index("pro-fair-use") < seen.index("Bob") < seen.rindex("pro-copyright")
    assert marked(curt, f"{PAGE}/clusters?field=stance&a=pro-fair-use&b=pro-fair-use") == [OTHER_WORDS]
    assert "No such passage" in page(curt, f"{PAGE}/clusters?field=stance&a=neutral&b=no-such")
    assert "2 passages" in page(curt, f"{PAGE}/clusters?document=000&field=no-such")


def test_one_round_by_itself(computed: World) -> None:
    curt = computed.visitor("Curt")
    assert "Provisional: round main is open" in page(curt)
    managing.add_round(computed.db, OPERATOR, "letter", "second")
    assert "Provisional: rounds second and main are open" in page(curt)
    page(curt, f"{PAGE}?round=main")
    page(curt, f"{PAGE}?round=second")
    do_all_jobs(computed.db)
    assert "4 labels" in page(curt, f"{PAGE}?round=main")
    assert "Nobody can be compared yet" in page(curt, f"{PAGE}?round=second")
    assert curt.get(f"{PAGE}?round=third").status_code == 404


# ---- who sees what ----


def test_annotators_see_nothing_before_the_curator_opens_it(computed: World) -> None:
    managing.close_round(computed.db, OPERATOR, "letter", "main")
    alice = computed.visitor("Alice")
    for address in (PAGE, f"{PAGE}/clusters", f"{PAGE}/state", f"{PAGE}.json", f"{PAGE}.csv"):
        assert alice.get(address).status_code == 403, address
    assert alice.post(PAGE).status_code == 403
    managing.set_settings(computed.db, OPERATOR, "letter", agreement_open=True)
    page(alice)
    do_all_jobs(computed.db)
    seen = page(alice)
    assert "4 labels" in seen
    assert "Bob" not in seen
    assert "you" in seen
    assert "Bob" not in page(alice, f"{PAGE}/clusters")


def test_annotators_learn_nothing_of_open_rounds(computed: World) -> None:
    managing.set_settings(computed.db, OPERATOR, "letter", agreement_open=True)
    alice = computed.visitor("Alice")
    assert "No round is closed yet" in page(alice)
    assert alice.get(f"{PAGE}?round=main").status_code == 404
    managing.close_round(computed.db, OPERATOR, "letter", "main")
    managing.add_round(computed.db, OPERATOR, "letter", "second")
    computed.assign("Alice", "Bob", documents=["000"], round="second")
    page(alice)
    do_all_jobs(computed.db)
    addresses = (PAGE, f"{PAGE}/clusters", f"{PAGE}/state", f"{PAGE}.json", f"{PAGE}.csv", f"{PAGE}?round=main")
    page(alice, f"{PAGE}?round=main")
    do_all_jobs(computed.db)
    before = [_seen(alice, address) for address in addresses]
    computed.operate("Bob", "000", put(computed.label()), round="second")
    for operation in (finish(), reopen(), finish()):
        computed.operate("Bob", "000", operation, round="second")
    assert [_seen(alice, address) for address in addresses] == before
    assert jobs.claim(computed.db) is None
    assert alice.get(f"{PAGE}?round=second").status_code == 404


def _seen(visitor: Visitor, address: str) -> tuple[int, str]:
    answer = visitor.get(address)
    return answer.status_code, re.sub(r'(csrf[-_]token"[^>]*(?:content|value)=")[^"]*', r"\1", answer.text)


def test_who_also_annotates_reads_no_labels_of_what_is_not_finished(computed: World) -> None:
    managing.set_roles(computed.db, OPERATOR, "letter", "Curt", frozenset({"curator", "annotator"}))
    computed.assign("Curt", documents=["000"])
    curt = computed.visitor("Curt")
    page(curt)
    do_all_jobs(computed.db)
    for address in (PAGE, f"{PAGE}/clusters"):
        assert WORDS not in page(curt, address), address
    assert "2 passages in articles that you still annotate are not shown" in page(curt, f"{PAGE}/clusters")
    computed.operate("Curt", "000", finish())
    page(curt)
    do_all_jobs(computed.db)
    assert WORDS in page(curt, f"{PAGE}/clusters")


def test_no_web_worker_loads_the_libraries_for_numbers() -> None:
    """They cost 40 MB and half a second in each."""
    program = (
        "import sys; from webapp import create_app; from webapp.config import Settings;"
        "create_app(Settings(secret_key='x')); print([m for m in ('numpy', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

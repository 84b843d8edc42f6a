"""Freezing a gold dataset: what is in it, what it waits for, that nothing changes it; on both databases."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import datasets
import mlcroissant
import pandas
import pytest
import yaml
from sqlalchemy.exc import DBAPIError

from tests.decisions import all_finish, cluster, decide, decision, disputed, gold
from tests.releases import frozen, make, rows, settle
from tests.working import do_all_jobs
from tests.world import OTHER_WORDS, SLUG, WORDS, World, finish, put
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.models import Project
from webapp.services import (
    bundles,
    exporting,
    jobs,
    lacking,
    managing,
    releases,
    releasing,
    removing,
    reports,
    speakers,
)
from webapp.services.exporting import Terms
from webapp.services.releases import Wanted

GOLD = [
    *("id", "document", "text_sha256", "start", "end", "quote", "speaker", "speaker_name", "speaker_kind", "chain"),
    *("stance", "on_target", "ascribed", "claim_type", "decided_by", "annotators", "votes", "round", "release"),
]
MOMENT = re.compile(rb"\d\d:\d\d")


def text_free(world: World, document: str) -> None:
    world.change("UPDATE document SET rights = 'text-free' WHERE id = :id", id=document)


# ---- what is in it ----


def test_a_release_has_all_that_a_gold_dataset_needs(world: World) -> None:
    settle(world)
    made = make(world, note="The first.")
    assert (made.number, made.partial, made.rounds, made.note) == (1, False, ["main"], "The first.")
    assert made.counts["gold"] == 2 and made.counts["labels"] == 6
    files = frozen(world)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["release"], manifest["when"], manifest["partial"]) == (1, made.day, False)
    assert manifest["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"
    }
    assert set(manifest["files"]) == {
        *("README.md", "assignments.jsonl", "croissant.json", "decisions.jsonl", "documents.jsonl", "gold.jsonl"),
        *("guide.md", "labels.jsonl", "rounds.jsonl", "scheme.toml", "speakers.jsonl"),
    }
    assert world.rows("SELECT action FROM event WHERE action = 'release-made'") == [("release-made",)]


def test_gold_says_who_decided_and_what_the_labels_said(world: World) -> None:
    settle(world)
    make(world)
    decided, agreed = rows(frozen(world), "gold")[::-1]
    if decided["quote"] == WORDS:
        decided, agreed = agreed, decided
    assert list(agreed) == GOLD
    assert (agreed["quote"], agreed["decided_by"], agreed["release"]) == (WORDS, "agreement", 1)
    assert (decided["quote"], decided["decided_by"], decided["stance"]) == (
        OTHER_WORDS,
        "adjudicator",
        "pro-copyright",
    )
    assert agreed["annotators"] == ["annotator-01", "annotator-02", "annotator-03"]
    assert {"field": "stance", "value": "neutral", "count": 1} in decided["votes"]
    (decision,) = rows(frozen(world), "decisions")
    labels = {label["id"] for label in rows(frozen(world), "labels")}
    assert decision["note"] == "As the guide has it." and set(decision["labels"]) <= labels


def test_days_and_pseudonyms_and_ids_that_tell_nothing(world: World) -> None:
    settle(world)
    ids = {str(id).replace("-", "") for (id,) in world.rows("SELECT id FROM label")}
    made, again = make(world), make(world)
    files, later = frozen(world), frozen(world, again.number)
    everything = b"".join(content for name, content in files.items() if name not in ("guide.md", "documents.jsonl"))
    assert not MOMENT.search(everything)
    assert not re.search(rb"Alice|Bob|Carol|Curt", everything)
    assert not any(id.encode() in everything.replace(b"-", b"") for id in ids)
    assert {row["created_at"] for row in rows(files, "labels")} == {made.day}
    assert files["labels.jsonl"] == later["labels.jsonl"], "ids are the same in every release"
    assert [row["id"] for row in rows(files, "gold")] == [row["id"] for row in rows(later, "gold")]


def test_the_same_project_gives_equal_bytes_on_both_databases(sqlite_only: World, postgresql_only: World) -> None:
    """But for the key by which ids are made."""
    found = []
    for world in (sqlite_only, postgresql_only):
        settle(world)
        world.change("UPDATE project SET release_key = :key", key="07" * 32)
        make(world)
        found.append(frozen(world))
    for name in ("documents.jsonl", "assignments.jsonl", "rounds.jsonl", "speakers.jsonl", "scheme.toml"):
        assert found[0][name] == found[1][name]
    assert [{**row, "id": ""} for row in rows(found[0], "gold")] == [
        {**row, "id": ""} for row in rows(found[1], "gold")
    ]


def test_speakers_that_were_merged_redirect_in_gold_and_a_release_stays(world: World) -> None:
    settle(world)
    make(world)
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "openai", "openai-google")
    make(world)
    before, after = (rows(frozen(world, number), "gold") for number in (1, 2))
    assert {row["speaker"] for row in before} == {"openai"}
    assert {row["speaker"] for row in after} == {"openai-google"}
    assert {row["speaker_kind"] for row in after} == {"group"}
    assert {row["speaker"] for row in rows(frozen(world, 2), "labels")} == {"openai"}, "labels keep what was stored"


def test_an_article_marked_text_free_leaves_without_its_words(world: World) -> None:
    settle(world)
    text_free(world, "000")
    make(world)
    files = frozen(world)
    words = WORDS.encode()
    assert (
        words not in files["documents.jsonl"] + files["labels.jsonl"] + files["gold.jsonl"] + files["decisions.jsonl"]
    )
    assert b"As the guide has it." not in files["decisions.jsonl"]
    assert rows(files, "gold")[0]["quote_sha256"] == hashlib.sha256(WORDS.encode()).hexdigest()
    card = files["README.md"].decode()
    assert "1 article may not be passed on" in card and "Krippendorff" in card, "agreement is computed all the same"


# ---- rounds ----


def second_round(world: World) -> None:
    """After `settle`: Alice and Bob disagree on the claim type of what they mark in 001, in round more."""
    managing.add_round(world.db, OPERATOR, SLUG, "more")
    world.assign("Alice", "Bob", documents=["001"], round="more")
    for name, claim_type in (("Alice", "POLICY"), ("Bob", "FACT")):
        label = world.label("Hollywood", "001", claim_type=claim_type)
        for result in world.operate(name, "001", put(label), finish(), round="more"):
            assert result["status"] == "stored", result


def test_one_round_or_several(world: World) -> None:
    settle(world)
    second_round(world)
    with pytest.raises(Invalid, match=r"001.*tie_claim_type"):
        make(world)
    assert make(world, "main").rounds == ["main"]
    assert [row["id"] for row in rows(frozen(world), "documents")] == ["000", "001", "002"]
    assert {row["round"] for row in rows(frozen(world), "labels")} == {"main"}
    both = make(world, "more", "main", partial=True)
    assert (both.rounds, both.partial, both.waiting) == (["main", "more"], True, 1)
    assert {row["round"] for row in rows(frozen(world, 2), "labels")} == {"main", "more"}
    with pytest.raises(NotFound, match="no-such"):
        make(world, "no-such")


def test_rounds_whose_schemes_offer_different_values_do_not_go_together(sqlite_only: World) -> None:
    settle(sqlite_only)
    source = managing.seed_text("scheme.toml").replace('id = "OTHER"', 'id = "REST"')
    managing.set_scheme(sqlite_only.db, OPERATOR, SLUG, source)
    second_round(sqlite_only)
    with pytest.raises(Invalid, match="offer different values"):
        make(sqlite_only, "main", "more")
    make(sqlite_only, "more", partial=True)
    assert b'id = "REST"' in frozen(sqlite_only)["scheme.toml"]


def test_proposals_of_another_round_stay_out(sqlite_only: World) -> None:
    """They would tell what somebody does where nobody may know yet."""
    settle(sqlite_only)
    managing.add_round(sqlite_only.db, OPERATOR, SLUG, "more")
    sqlite_only.assign("Alice", documents=["001"], round="more")
    new = {"name": "Somebody new", "kind": "person", "affiliation": ""}
    label = sqlite_only.label("Hollywood", "001", speaker=new)
    sqlite_only.operate("Alice", "001", put(label), round="more")
    make(sqlite_only, "main")
    assert b"Somebody new" not in b"".join(frozen(sqlite_only).values())
    make(sqlite_only, "main", "more", partial=True)
    assert b"Somebody new" in frozen(sqlite_only, 2)["speakers.jsonl"]


# ---- what it waits for ----


def test_open_clusters_and_unfinished_work_are_named(world: World) -> None:
    disputed(world)
    with pytest.raises(Invalid) as why:
        make(world)
    said = why.value.message
    start = world.label(OTHER_WORDS)["start"]
    assert said.startswith("Nothing was released.\nWaiting for a decision (1):\n")
    assert f"000, {start} to {start + len(OTHER_WORDS)}: “We firmly believe" in said and "stance_opposed" in said
    assert "Not finished (3):\n  001, Alice\n  001, Bob\n  002, Alice" in said
    assert world.rows("SELECT count(*) FROM release") == [(0,)]
    made = make(world, partial=True)
    assert (made.partial, made.waiting, made.unfinished, made.counts["gold"]) == (True, 1, 3, 1)
    manifest = json.loads(frozen(world)["manifest.json"])
    assert (manifest["partial"], manifest["waiting"], manifest["unfinished"]) == (True, 1, 3)
    assert "**This release is partial.**" in frozen(world)["README.md"].decode()


def test_a_stale_decision_is_waited_for(sqlite_only: World) -> None:
    disputed(sqlite_only)
    decide(sqlite_only, decision("set", cluster(sqlite_only)["key"], gold=gold(sqlite_only)))
    sqlite_only.change("UPDATE label SET revision = revision + 1 WHERE stance = 'neutral'")
    managing.close_round(sqlite_only.db, OPERATOR, SLUG, "main")
    with pytest.raises(Invalid, match="stale"):
        make(sqlite_only)


def test_a_round_without_finished_work_has_nothing_to_release(sqlite_only: World) -> None:
    for partial in (False, True):
        with pytest.raises(Invalid, match="nobody has finished an article in round “main” yet"):
            make(sqlite_only, partial=partial)
        with pytest.raises(Invalid, match=r"nobody has finished|missing"):
            ask(sqlite_only, partial=partial)


@pytest.mark.parametrize("note", ["x" * 2_001, "a\x00b", "a\ud800"])
def test_a_note_that_cannot_be_kept_is_refused(sqlite_only: World, note: str) -> None:
    settle(sqlite_only)
    with pytest.raises(Invalid, match="note"):
        make(sqlite_only, note=note)


def test_only_curators_make_one_and_not_while_they_annotate(sqlite_only: World) -> None:
    sqlite_only.add_person("Ann", "annotator,curator")
    sqlite_only.assign("Ann", documents=["000"])
    with pytest.raises(Forbidden, match="once you finished “000”"):
        releasing.release(sqlite_only.db, sqlite_only.actor("Ann"), SLUG, Wanted(partial=True))
    with pytest.raises(Forbidden):
        releasing.release(sqlite_only.db, sqlite_only.actor("Alice"), SLUG, Wanted())


# ---- nothing changes it ----


def test_the_database_refuses_to_change_a_release(world: World) -> None:
    settle(world)
    make(world)
    for statement in (
        "UPDATE release SET note = 'Better'",
        "UPDATE release_file SET size = 1",
        "DELETE FROM release_file",
        "DELETE FROM release",
    ):
        with pytest.raises(DBAPIError, match="a release cannot be changed"):
            world.change(statement)


def test_what_happens_later_is_in_the_next_release_only(world: World) -> None:
    settle(world)
    make(world)
    before = frozen(world)
    chosen = gold(world, stance="neutral")
    decide(world, decision("set", cluster(world)["key"], 1, gold=chosen))
    added = decision("add", gold=gold(world, "Google", claim_type="VALUE"))
    decide(world, added)
    make(world)
    assert frozen(world) == before
    page = releases.compare_releases(world.db, OPERATOR, SLUG, 2)
    assert (page.before.number, page.after.number) == (1, 2)
    assert [(change.after["quote"], change.fields) for change in page.found.changed] == [(OTHER_WORDS, ("stance",))]
    assert [row["quote"] for row in page.found.added] == ["Google"]
    assert (page.found.dropped, page.found.same) == ([], 1)


# ---- made by a job ----


def ask(world: World, **wanted: Any) -> None:
    lacking.ask(world.db, world.actor("Curt"), SLUG, Wanted(**wanted))


def claimed(world: World) -> jobs.Claimed:
    job = jobs.claim(world.db)
    assert job is not None and job.kind == "release"
    return job


def test_a_page_asks_and_a_job_makes_it_once(world: World) -> None:
    settle(world)
    ask(world, note="By a page")
    with pytest.raises(Invalid, match="being made already"):
        ask(world)
    job = claimed(world)
    releasing.make(world.db, job)
    releasing.make(world.db, job)  # as after a process that died before it could say that it was done
    assert world.rows("SELECT number, note FROM release") == [(1, "By a page")]


def test_what_fails_half_way_leaves_nothing_and_can_be_done_again(sqlite_only: World) -> None:
    settle(sqlite_only)
    ask(sqlite_only)
    job = claimed(sqlite_only)
    sqlite_only.change(
        "CREATE TRIGGER full BEFORE INSERT ON release_file WHEN NEW.name = 'scheme.toml' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(DBAPIError, match="no room"):
        releasing.make(sqlite_only.db, job)
    assert sqlite_only.rows("SELECT (SELECT count(*) FROM release), (SELECT count(*) FROM release_file)") == [(0, 0)]
    assert sqlite_only.rows("SELECT release_key FROM project") == [(None,)]
    sqlite_only.change("DROP TRIGGER full")
    releasing.make(sqlite_only.db, job)
    assert sqlite_only.rows("SELECT count(*) FROM release") == [(1,)]


def test_asking_is_refused_while_something_is_missing(sqlite_only: World) -> None:
    disputed(sqlite_only)
    with pytest.raises(Invalid, match="missing"):
        ask(sqlite_only)
    ask(sqlite_only, partial=True)
    releasing.make(sqlite_only.db, claimed(sqlite_only))
    assert sqlite_only.rows("SELECT partial FROM release") == [(1,)]


def test_another_release_in_between_is_not_overwritten(sqlite_only: World) -> None:
    settle(sqlite_only)

    def meanwhile(_words: str, share: float) -> None:
        if share > 0.9:
            make(sqlite_only)

    with pytest.raises(Invalid, match="at the same time"):
        releasing.release(sqlite_only.db, OPERATOR, SLUG, Wanted(), meanwhile)
    assert sqlite_only.rows("SELECT count(*) FROM release") == [(1,)]


# ---- back again ----


def test_a_release_comes_back_and_leaves_as_it_came(world: World) -> None:
    settle(world)
    make(world)
    files = frozen(world)
    managing.create_project(world.db, OPERATOR, "copy", "A copy")
    taken = bundles.import_bundle(world.db, OPERATOR, "copy", files)
    assert (taken["documents"], taken["labels"]) == (3, 6)
    out = {name: b"".join(c) for name, c in exporting.bundle(world.db, OPERATOR, "copy", Terms(names=True))}
    for name in set(out) - {"manifest.json"}:
        assert out[name] == files[name], name


@pytest.mark.parametrize("name", ["labels.jsonl", "gold.jsonl", "README.md", "guide.md", "manifest.json"])
def test_a_release_damaged_by_one_byte_is_refused_by_name(sqlite_only: World, name: str) -> None:
    settle(sqlite_only)
    make(sqlite_only)
    files = frozen(sqlite_only)
    middle = len(files[name]) // 2
    damaged = files[name][:middle] + bytes([files[name][middle] ^ 1]) + files[name][middle + 1 :]
    with pytest.raises(Invalid, match="damaged") as why:
        bundles.import_bundle(sqlite_only.db, OPERATOR, SLUG, files | {name: damaged})
    assert name in why.value.message


# ---- as others read it ----


@pytest.fixture
def folder(sqlite_only: World, tmp_path: Path) -> Path:
    """A release in a folder."""
    settle(sqlite_only)
    managing.set_settings(sqlite_only.db, OPERATOR, SLUG, licence="cc-by-4.0")
    make(sqlite_only)
    exporting.write_folder(releases.bundle(sqlite_only.db, OPERATOR, SLUG, 1), tmp_path / "release")
    return tmp_path / "release"


def test_datasets_and_pandas_load_it_as_the_card_says(folder: Path, tmp_path: Path) -> None:
    head = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    cache = str(tmp_path / "cache")
    for config in head["configs"]:
        loaded = datasets.load_dataset(str(folder), config["config_name"], split="train", cache_dir=cache)
        lines = (folder / config["data_files"]).read_text().splitlines()
        assert loaded.num_rows == len(lines) > 0
        frame = pandas.read_json(folder / config["data_files"], lines=True, dtype=False)
        assert list(frame.columns) == list(json.loads(lines[0])) == loaded.column_names
    gold = datasets.load_dataset(str(folder), split="train", cache_dir=cache)  # the default one
    assert gold.column_names == GOLD and gold.features["on_target"].dtype == "bool"
    assert list(gold["document"]) == ["000", "000"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that mlcroissant uses
def test_mlcroissant_finds_nothing_wrong_and_reads_the_records(folder: Path) -> None:
    dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert [*dataset.metadata.ctx.issues.errors, *dataset.metadata.ctx.issues.warnings] == []
    assert len({record_set.uuid for record_set in dataset.metadata.record_sets}) == 6
    for record_set in dataset.metadata.record_sets:
        lines = (folder / f"{record_set.uuid}.jsonl").read_text().splitlines()
        assert len(list(dataset.records(record_set.uuid))) == len(lines) > 0
    (record, _) = dataset.records("gold")
    assert record["gold/quote"].decode() in (WORDS, OTHER_WORDS)
    assert [name.decode() for name in record["gold/annotators"]] == ["annotator-01", "annotator-02", "annotator-03"]


def test_agreement_in_the_card_is_what_the_report_says(sqlite_only: World) -> None:
    settle(sqlite_only)
    make(sqlite_only)
    curt = sqlite_only.actor("Curt")
    reports.open_report(sqlite_only.db, curt, SLUG, "main")
    do_all_jobs(sqlite_only.db)
    figures = reports.open_report(sqlite_only.db, curt, SLUG, "main").figures
    assert figures is not None
    told = figures.body["figures"]
    alpha, words = told["fields"]["stance"]["measures"]["krippendorff_alpha"], told["spans"]["alpha_u"]
    card = frozen(sqlite_only)["README.md"].decode()
    assert f"| stance | Krippendorff α | {alpha['value']:.3f} |" in card
    assert f"| the words | α_u | {words['value']:.3f} |" in card


# ---- gold of the newest release ----


def test_gold_is_that_of_the_newest_release(world: World) -> None:
    with pytest.raises(NotFound, match="Make a release first"):
        exporting.stream(world.db, OPERATOR, SLUG, "gold")
    settle(world)
    make(world)
    assert b"".join(exporting.stream(world.db, OPERATOR, SLUG, "gold")[1]) == frozen(world)["gold.jsonl"]
    make(world)
    (_, parts) = exporting.stream(world.db, OPERATOR, SLUG, "gold", "jsonl", Terms(text_free=True))
    without = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert [row["release"] for row in without] == [2, 2]
    assert [row["quote"] for row in without] == ["", ""]
    assert without[0]["quote_sha256"] == hashlib.sha256(WORDS.encode()).hexdigest()


def test_a_person_who_is_erased_stays_in_a_release(world: World) -> None:
    """A person who is removed with their labels stays in it under the pseudonym: a release is the named exception."""
    settle(world)
    make(world)
    before = frozen(world)
    removing.remove_person(world.db, OPERATOR, "Bob", erase_labels=True)
    assert frozen(world) == before
    with world.db.reading() as session:
        assert session.query(Project).one().release_key is not None


def test_everyone_may_have_finished_without_marking_anything(sqlite_only: World) -> None:
    all_finish(sqlite_only)
    managing.close_round(sqlite_only.db, OPERATOR, SLUG, "main")
    assert make(sqlite_only).counts["gold"] == 0
    assert rows(frozen(sqlite_only), "gold") == []
    assert b"".join(exporting.stream(sqlite_only.db, OPERATOR, SLUG, "gold", "csv")[1]).startswith(b"id,document")

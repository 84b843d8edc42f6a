"""Runs of quotations and proposed speakers: on made-up passages, and against the simulated labels of the seeds."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ending import ending
from webapp.domain.prose.attribution import Attribution, KnownSpeaker, attribute
from webapp.domain.prose.segments import Unit, segment

SEEDS = Path(__file__).parents[2] / "seeds"
ARTICLES = [json.loads(line) for line in (SEEDS / "articles.jsonl").read_text("utf-8").splitlines()]
LABELS = [json.loads(line) for line in (SEEDS / "demo_labels.jsonl").read_text("utf-8").splitlines()]
SCHEME = tomllib.loads((SEEDS / "scheme.toml").read_text("utf-8"))

MADE_UP = [
    KnownSpeaker("moreau", "Ava Moreau", "person", ("Director Ava Moreau", "She"), "film director"),
    KnownSpeaker("adeyemi", "Tolu Adeyemi", "person", ()),
    KnownSpeaker("bob", "Bob Lund", "person", ()),
    KnownSpeaker("eva", "Eva Lund", "person", ()),
    KnownSpeaker("guild", "Writers League", "group", ("the guild", "The union", "it", "the guild’s letter")),
    KnownSpeaker("orbit", "Orbit AI", "organisation", ("Orbit",)),
    KnownSpeaker("both", "Orbit and Nimbus, jointly", "group", ("Orbit and Nimbus", "tech companies")),
    KnownSpeaker("letter", "The open letter", "document", ("the letter", "an open letter"), "guild"),
    KnownSpeaker("brief", "Orbit’s brief", "document", ("the brief",), "orbit"),
    KnownSpeaker("memo", "The memo", "document", ("the memo",), "somebody unknown"),
    KnownSpeaker("paper", "The Daily Paper", "outlet", ("the paper",)),
    KnownSpeaker("reports", "Unnamed reports", "group", ("reportedly",)),
]


def attributed(text: str, speakers: list[KnownSpeaker] | None = None) -> list[tuple[str, str | None]]:
    """Run and proposal of every quotation unit of `text`, in order."""
    units = segment(text)
    found = attribute(text, units, MADE_UP if speakers is None else speakers)
    spans = [(unit.start, unit.end) for unit in units if unit.kind == "quotation"]
    assert set(found) == set(spans)
    return [(found[span].run, found[span].proposal) for span in spans]


@pytest.mark.parametrize(
    ("text", "proposals"),
    [
        # named behind the words
        ("“We object to this plan,” Moreau said.", ["moreau"]),
        ("‘We object to this plan,’ Moreau said.", ["moreau"]),
        ("« Nous refusons ce plan, » Moreau said.", ["moreau"]),
        ("“We object to this plan,” said Moreau. “Nobody asked us.”", ["moreau", "moreau"]),
        ("“Who owns a style?” asked film director Ava Moreau.", ["moreau"]),
        ("“Who owns a style?” Moreau, a friend of Orbit, asked.", ["moreau"]),
        ("“Who owns a style?” asked Ava Moreau, who heads the guild.", ["moreau"]),
        ("“Training is a fair use of works,” according to Orbit.", ["orbit"]),
        ("“Training is a fair use of works,” Orbit’s lawyers said.", ["orbit"]),
        ("“Never!” Adeyemi cried.", ["adeyemi"]),
        # named before them
        ("Moreau wrote: “Pay the artists now, or stop.” Adeyemi replied, “We will not.”", ["moreau", "adeyemi"]),
        ("According to Orbit, “training is a fair use of works.”", ["orbit"]),
        ("Adeyemi, citing the guild, said “training is theft and nothing else.”", ["adeyemi"]),
        ("Moreau reportedly said that “training is theft and nothing else.”", ["moreau"]),
        ("After the vote, Orbit announced that it “will not train on protected works” again.", ["orbit"]),
        ("Orbit was founded by Moreau, who called training “a plain case of theft” again.", ["moreau"]),
        ("Adeyemi has been a critic of Orbit, labeling its works “a plain case of theft” once.", ["adeyemi"]),
        ("Moreau was clear: “Training is theft and nothing else.”", ["moreau"]),
        ("Moreau was clear. “Training is theft and nothing else.”", ["moreau"]),
        ("Moreau wrote in her notes “training is theft and nothing else.”", ["moreau"]),
        ("Orbit and Nimbus said “training is a fair use of works.”", ["both"]),
        ("“We object,” Moreau said, but Adeyemi said, “We do not object to it.”", ["moreau", "adeyemi"]),
        # a document is not the speaker, who stands behind it is
        ("The letter said “training is no fair use at all.”", ["guild"]),
        ("The guild’s letter said “training is no fair use at all.”", ["guild"]),
        ("The brief argued that “training is a fair use of all works.”", ["orbit"]),
        ("The memo argued that “training is a fair use of all works.”", [None]),
        # inside the words
        ("“We, the guild, object to this plan.”", ["guild"]),
        ("“We know that the guild objects to this plan.”", [None]),
    ],
)
def test_who_is_named_with_a_verb_of_saying_is_proposed(text: str, proposals: list[str | None]) -> None:
    assert [proposal for _, proposal in attributed(text)] == proposals


@pytest.mark.parametrize(
    "text",
    [
        "“Training is theft, plain and simple.”",
        "“Training is theft, plain and simple,” a studio chief said.",
        "“Who owns a style?” asked Pat Quill, who heads the guild.",
        "“Who owns a style?” asked Moreau and Pat Quill.",
        "“We object to this plan,” Moreau and Adeyemi said.",
        "“We object to this plan,” Pat Quill, citing the guild, said.",
        "Critics of Orbit said “training is not a fair use.”",
        "Moreau’s agent said “training is not a fair use.”",
        "“Training is a fair use,” Lund said.",
        "“Training is a fair use,” the paper said.",
        "“We object to this plan,” he said.",
        "In the United States, the “fair use of protected works” is an old rule.",
        "Orbit and the guild differ: “Training is theft and nothing else.”",
        "Orbital was clear: “Training is a fair use.”",
    ],
)
def test_nobody_is_proposed_in_doubt(text: str) -> None:
    assert attributed(text) == [("r1", None)]


@pytest.mark.parametrize(
    "text",
    [
        "The companies profit from the “stolen” material.",
        "The plan, an “AI Action Plan” of the guild, is late.",
        "Moreau said that “The Electric State” sold well, and the “fair use” too.",
        "Joe likes “Avengers: Endgame,” a film.",
    ],
)
def test_words_held_at_arms_length_and_titles_start_no_run(text: str) -> None:
    assert set(attributed(text)) == {("", None)}


def test_a_word_or_two_may_be_speech() -> None:
    assert attributed("Moreau said “no.” Then she said, “Never.”") == [("r1", "moreau"), ("r1", "moreau")]
    assert attributed("“Nobody!” Orbit replied.\n“Nobody!”") == [("r1", "orbit"), ("r1", "orbit")]


def test_a_run_goes_on_while_the_speaker_does() -> None:
    text = (
        "“We do it all,” Orbit said.\nIt trains on “stolen” works.\n“Stop it at once,” Moreau said. “Now, please.”\n"
        "“Please do it.”\nOrbit said: “We do it all.”"
    )
    assert attributed(text) == [
        ("r1", "orbit"),
        ("", None),
        ("r2", "moreau"),
        ("r2", "moreau"),
        ("r2", "moreau"),
        ("r3", "orbit"),
    ]


def test_a_run_of_an_unknown_speaker_is_a_run() -> None:
    text = "“We do it all,” a chief said. “And we do it well.”\n“And always.”\n“Stop it at once,” another chief said."
    assert attributed(text) == [("r1", None), ("r1", None), ("r1", None), ("r2", None)]


def test_a_quoted_paragraph_behind_others_starts_a_run_of_its_own() -> None:
    text = "“We object to this plan,” Moreau said.\nIt rained.\n“It is wrong, all of it.”"
    assert attributed(text) == [("r1", "moreau"), ("r2", None)]


def test_the_parts_of_a_quotation_have_one_speaker() -> None:
    for text in (
        "“One is this, all of it.\n“Two is that, and more,” Moreau said.",
        "Moreau wrote: “One is this, all of it.\n“Two is that, and more.”",
    ):
        assert attributed(text) == [("r1", "moreau"), ("r1", "moreau")]


def test_a_colon_leads_into_the_next_paragraph() -> None:
    assert attributed("The letter reads:\n“We object to this plan.”") == [("r1", "guild")]


def test_a_pronoun_stands_for_who_spoke_last() -> None:
    assert attributed("“It is bad, all of it,” Moreau said.\nShe added, “It is wrong.”")[1] == ("r1", "moreau")
    assert attributed("“It is good, all of it,” Orbit said.\n“It is fair,” it added.")[1] == ("r1", "orbit")


@pytest.mark.parametrize(
    "between",
    ["Adeyemi came.", "The letter was long.\n" * 150],
    ids=["somebody else was named", "too far away"],
)
def test_a_pronoun_stands_for_nobody_in_doubt(between: str) -> None:
    assert attributed(f"“It is bad, all of it,” Moreau said.\n{between}\n“It is wrong,” she added.")[1] == ("r2", None)


def test_a_pronoun_of_another_kind_is_somebody_else() -> None:
    assert attributed("“It is good, all of it,” Orbit said.\n“It is fair,” she added.")[1] == ("r2", None)


def test_the_letter_is_the_one_last_named() -> None:
    text = "“We do it all,” the guild’s letter says.\n“We do it,” Orbit’s brief says.\n“We do it well,” the brief adds."
    rivals = [*MADE_UP, KnownSpeaker("nimbus", "Nimbus", "organisation", ("Nimbus’s brief",))]
    assert [proposal for _, proposal in attributed(text)] == ["guild", "orbit", "orbit"]
    changed = text.replace("Orbit’s brief", "Nimbus’s brief")
    assert [proposal for _, proposal in attributed(changed, rivals)] == ["guild", "nimbus", None]


def test_a_quotation_within_another_has_no_proposal() -> None:
    text = "“He told me, ‘Fair use is settled, all of it,’ and I believed him,” Adeyemi said."
    assert attributed(text) == [("r1", "adeyemi"), ("", None)]


def test_without_a_registry_there_are_runs_and_no_proposals() -> None:
    assert attributed("“We object to this plan,” Moreau said. “We do.”", []) == [("r1", None), ("r1", None)]


WORDS = [
    "“",
    "”",
    '"',
    "‘",
    "’",
    "\n",
    ". ",
    ", ",
    ": ",
    " said ",
    "Moreau",
    "Orbit",
    "the letter",
    "He ",
    "it added",
    "«",
    "»",
    "We, the guild",
    " who ",
    "😀",
    "e\u0301",
    "AI",
]


@given(st.lists(st.sampled_from(WORDS) | st.characters(), max_size=40).map("".join))
def test_any_text_is_attributed_alike_twice(text: str) -> None:
    units = segment(text)
    found = attribute(text, units, MADE_UP)
    assert found == attribute(text, units, MADE_UP)
    assert set(found) == {(unit.start, unit.end) for unit in units if unit.kind == "quotation"}
    runs = [
        int(found[unit.start, unit.end].run[1:])
        for unit in units
        if unit.kind == "quotation" and found[unit.start, unit.end].run
    ]
    assert runs == sorted(runs)
    assert set(runs) == set(range(1, max(runs, default=0) + 1))
    holders = {speaker.id for speaker in MADE_UP if speaker.kind not in ("document", "outlet")}
    assert all(a.proposal is None or (a.proposal in holders and a.run) for a in found.values())


def seed_attributions(article: dict[str, Any]) -> tuple[list[Unit], dict[tuple[int, int], Attribution]]:
    units = segment(article["text"], [(region["start"], region["end"]) for region in article["excluded"]])
    return units, attribute(article["text"], units, registry())


def registry() -> list[KnownSpeaker]:
    return [
        KnownSpeaker(s["id"], s["name"], s["kind"], tuple(s["aliases"]), s["affiliation"]) for s in SCHEME["speaker"]
    ]


def labelled_speaker(document: str, unit: Unit) -> str | None:
    """Whom most of the simulated labels give that lie for the greater part in a unit."""
    votes: Counter[str] = Counter()
    for label in LABELS:
        shared = min(label["end"], unit.end) - max(label["start"], unit.start)
        if label["document"] == document and 2 * shared > label["end"] - label["start"]:
            votes[label["speaker"]] += 1
    return votes.most_common(1)[0][0] if votes else None


def test_proposals_agree_with_the_simulated_labels(capsys: pytest.CaptureFixture[str]) -> None:
    tally: Counter[str] = Counter()
    for article in ARTICLES:
        units, found = seed_attributions(article)
        for unit in (unit for unit in units if unit.kind == "quotation"):
            expected, proposal = labelled_speaker(article["id"], unit), found[unit.start, unit.end].proposal
            if expected:
                tally["right" if proposal == expected else "nobody" if proposal is None else "wrong"] += 1
    with capsys.disabled():
        print(f"\nlabelled quotations of the seed articles, proposals: {dict(tally)}")
    assert tally["wrong"] == 0
    assert tally["right"] >= 24


def test_very_many_quotations_in_one_sentence() -> None:
    text = "“We do it all the time,” Moreau said, and " * 20_000
    units = segment(text)
    with ending():
        found = attribute(text, units, MADE_UP)
    assert found

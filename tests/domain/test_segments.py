"""The units of a text: the case files, passages for each rule of segmentation, and properties over hard Unicode."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ending import ending
from webapp.domain.prose.segments import KINDS, Unit, analyse, segment
from webapp.domain.text import SPACES, canonical, grapheme_cuts

CASES = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[1] / "cases/segments").glob("*.json"))
]
PASSAGES = [case for case in CASES if not case["id"].startswith("seed")]
ARTICLES = [case for case in CASES if case["id"].startswith("seed")]

Span = tuple[int, int]


def cut(case: dict[str, Any]) -> dict[str, Any]:
    found = analyse(case["text"], [(start, end) for start, end in case["excluded"]])
    return {
        "paragraphs": [list(span) for span in found.paragraphs],
        "sentences": [list(span) for span in found.sentences],
        "quotations": [
            {"start": q.start, "end": q.end, "depth": q.depth, "closed": q.closed, "parts": [list(p) for p in q.parts]}
            for q in found.quotations
        ],
    }


def misses(case: dict[str, Any]) -> list[str]:
    """Each kind of unit that differs, with what was found in place of what was expected."""
    found = cut(case)
    return [f"{case['id']} {kind}: {found[kind]} for {case[kind]}" for kind in found if found[kind] != case[kind]]


def f1(expected: list[list[int]], found: list[list[int]]) -> float:
    common = len({tuple(span) for span in expected} & {tuple(span) for span in found})
    return 2 * common / (len(expected) + len(found))


def test_the_passages_hold_whole(capsys: pytest.CaptureFixture[str]) -> None:
    ordinary = [case for case in PASSAGES if not case["hard"]]
    hard = [case for case in PASSAGES if case["hard"]]
    missed = [line for case in ordinary + hard for line in misses(case)]
    whole = sum(not misses(case) for case in ordinary)
    with capsys.disabled():
        also = sum(not misses(case) for case in hard)
        print(f"\npassages whole: {whole} of {len(ordinary)}, hard ones {also} of {len(hard)}")
        print("\n".join(missed))
    assert len(ordinary) >= 32
    assert whole / len(ordinary) >= 0.85


@pytest.mark.parametrize("article", ARTICLES, ids=lambda case: str(case["id"]))
def test_the_sentences_of_a_whole_article_are_found(
    article: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = cut(article)
    score = f1(article["sentences"], found["sentences"])
    with capsys.disabled():
        print(
            f"\n{article['id']}: F1 {score:.3f} over {len(article['sentences'])} sentences", *misses(article), sep="\n"
        )
    assert score >= 0.97
    assert found["paragraphs"] == article["paragraphs"]
    assert found["quotations"] == article["quotations"]


# "|" stands where a sentence begins behind another one in the same paragraph.
SENTENCES = {
    "closing marks and brackets go with the sentence they close": [
        "She wrote: “Pay the artists.” |Nobody answered.",
        "(He signed.) |She did not. |[She left.] |Then he came.",
        "The group grew (it has 400 members.) |Then it shrank.",
        "Elle a dit : «\xa0Payez les artistes.\xa0» |Personne n’a répondu.",
        "Il dit : « Payez. » |Rien.",
        "He told me, ‘It is settled.’ |I believed him.",
        'He asked, "Why?" |"Nobody knows," she said.',
        "The actors — “all of them!” — signed. |What he said—“Stop!”—was heard.",
        "“All of them!” |(The studios did not.) |Good.",
    ],
    "a quotation and the attribution behind it are one": [
        "“Who owns a style?” asked Moreau. |“Nobody!” she said.",
        "“Who owns a style?” Ava Moreau asked. |“Nobody!” the union said.",
        "“Who owns a style?” Mr. J. R. Moreau, a lawyer, asked. |“Nobody!” OpenAI’s letter says.",
        "“Media starts to wake up…” Lund wrote. |“Let that sink in. |It is so.”",
        "“Pay the artists.” Moreau wrote. |Nobody answered.",
        "“Stop!” – the guild’s word. |They stayed. |He said “Stop.” and left.",
        "“Why?”, asked Moreau. |“Stop!”said Lund. |‘Why?’ asked Moreau.",
        "“I signed.” — Ava Moreau",
    ],
    "what follows a quotation without attributing it is a sentence of its own": [
        "“Pay the artists.” |Nobody answered. |“Nobody!” |She left.",
        "“Pay the artists!” |She said nothing.",
        "She wrote: “Pay the artists.” |Moreau answered.",
        "“Pay the artists.” |Moreau added: “We do.” |Fine.",
        "“Yes.” |“No.” |“Who?” |“You.”",
        "“Pay.” |iPhone sales rose.",
    ],
    "abbreviations, initials and figures end nothing": [
        "Mr. Vale met Dr. Ortiz, Ms. Quill and Mx. Orr at 9 a.m. on Tuesday. |They signed nothing.",
        "J.-P. Morel and J. R. Ewing came. |A.B. Castell left. |Prof. É. Zola agreed. |E\u0301. Zola left.",
        "Some uses, e.g. quotation and parody, are allowed, i.e. free. |Sens. Wyden and Cruz agreed.",
        "It pays $2.3M, i.e. 4.5 per cent, on No. 7 of the list. |See vol. 3, ch. 4 and p. 7. |In 2025. |Not in 2024!",
        "The U.S. government said so. |They met at 5 p.m. |They left. |Acme Inc. and Foo Corp. sued.",
        "Sen. Warren (D-Mass.) and Rep. Lieu (D-Calif.) spoke. |Smith et al. (2020) argue so. |Good.",
        "They met at 3 p.m. EST. |They left at 5 p.m. |Then they slept.",
        "It costs 5\xa0$.\xa0|Dr.\xa0Vane pays.",
    ],
    "words that look like abbreviations do end": [
        "They said no. |Nobody left. |Did they pay? |No. |Artists wait.",
        "It matters to me. |Artists live for art. |Studios may. |See no. 7.",
        "The case was heard in the U.S. |The ruling came from the U.K.",
    ],
    "addresses, handles and dotted names end nothing": [
        "See https://example.org/q?a=B.Cde&x=Y. |It was posted by @Guild.Studio (#PayUs). |Then it went.",
        "Write to info@Guild.Org or www.Guild.Org today. |Read example.org/Letter.Html now.",
        "They use ASP.NET and Node.js. |Users of v2.1.Final know.",
    ],
    "three dots end before a capital only": [
        "We asked for... well, a licence. |They laughed… |Then they sued. |They asked . . . and got nothing.",
        "He left. . . . |Then he came. |They wait… |“Then go.”",
        "She wrote: “Pay the artists.” . . . |Then she left.",
        "“. . . and they left,” he added. |He said: “… The guild objects.”",
        "[…] They asked. |We agree. […] |Then we left. |He left […] and came.",
        "He paused. |...And then he left.",
    ],
    "colon, semicolon and dash never end": [
        "The plan — if it is one — says: nothing; or little. |Film, books, code: all silent."
    ],
    "glued text": [
        "The bill died in committee.|However, its text lives on.|Nobody voted.",
        "They train AI.|This is new.|So is that!|And that…|Then this.",
        "It speeds up.”|However, it ends. |Look here.|“We, the members, say no.”",
        'Look here.|"We, the members, say no."',
        "He works for Mr.Vale. |It rose to $2.3M.However. |Fine.",
    ],
    "headlines and lists": [
        "Longstanding battle against AI’s expansion",
        "1. Ask first. |Then pay.",
        "(2) Pay.",
        "2.1. Pay.",
        "iv. Pay.",
        "First. |2. Second item.",
        "- consent before training",
    ],
    "a run without letter or digit is joined": [
        "The whole family signed 👩\u200d👩\u200d👧\u200d👦 together! 🎉",
        "Next! |👍🏽 That was it. 🎉🎉",
        "🎉! Party time! |We won.",
        "“…” !",
        "***",
    ],
    "scripts with stops of their own": [
        "著作権は守られるべきだ。|しかし学習は別だという人もいる。",
        "彼は「許可を取るべきだ。」と述べた。|本当？|「はい。」|「いいえ。」",
        "هل يجوز؟|قالت النقابة: لا. |نعم.",
        "Он пришёл. |А. С. Пушкин ушёл.",
    ],
    "invisible characters stay with the word": [
        "Training is\u200b not reading.\u200b |Or is it?\u2060 |Yes.\ufeff |No.\u00ad |Well.",
        "Zoe\u0308 wrote to the Cafe\u0301. |E\u0301tienne did not.\u0301 |Yes.",
    ],
}


@pytest.mark.parametrize(
    "passage", [pytest.param(p, id=f"{rule}: {p}") for rule, passages in SENTENCES.items() for p in passages]
)
def test_sentences(passage: str) -> None:
    text = passage.replace("|", "")
    begins = {start for start, _ in analyse(text).sentences if start}
    assert "".join("|" * (at in begins) + character for at, character in enumerate(text)) == passage


def words(text: str, kind: str, excluded: list[Span] | None = None) -> list[str]:
    return [text[unit.start : unit.end] for unit in segment(text, excluded or []) if unit.kind == kind]


def test_units_stand_in_order_also_where_they_are_equal() -> None:
    text = "“No.” “Yes. Well.”"
    assert segment(text) == [
        Unit("paragraph", 0, 18),
        Unit("sentence", 0, 5),
        Unit("quotation", 1, 4, 1, True),
        Unit("piece", 1, 4),
        Unit("sentence", 6, 11),
        Unit("quotation", 7, 17, 1, True),
        Unit("piece", 7, 11),
        Unit("sentence", 12, 18),
        Unit("piece", 12, 17),
    ]
    assert [unit.kind for unit in segment("No.")] == ["paragraph", "sentence"]


def test_a_piece_is_what_a_part_and_a_sentence_share() -> None:
    text = "She wrote: “Pay. Now.\n“He said ‘no.’ Then he left.”"
    assert words(text, "quotation") == ["Pay. Now.", "He said ‘no.’ Then he left.", "no."]
    assert words(text, "piece") == ["Pay.", "Now.", "He said ‘no.’", "no.", "Then he left."]


def test_lines_of_spaces_are_no_paragraphs() -> None:
    text = "\n \t\n Only\xa0this. \n\u3000\n\u2028\nAnd this.\x85\n"
    assert words(text, "paragraph") == ["Only\xa0this.", "And this."]


def test_nothing_is_cut_out_of_an_excluded_region_and_its_edges_break() -> None:
    text = "One two three. Four (PHOTO: nobody. At all.) five six.\nCAPTION here.\nSeven."
    photo, caption = text.index("(PHOTO"), text.index("CAPTION")
    excluded = [(caption, caption + 13), (photo, text.index(" five")), (photo + 3, photo + 5), (5, 5), (999, 1000)]
    assert words(text, "paragraph", excluded) == ["One two three. Four", "five six.", "Seven."]
    assert words(text, "sentence", excluded) == ["One two three.", "Four", "five six.", "Seven."]
    assert segment(text, [(0, len(text))]) == []


def test_an_excluded_region_that_cuts_a_character_takes_it_whole() -> None:
    assert words("cafe\u0301 au lait", "paragraph", [(0, 4)]) == ["au lait"]
    assert words("cafe\u0301 au lait", "paragraph", [(4, 8)]) == ["caf", "lait"]


HARD = [
    *("“ ” \" ' ‘ ’ « » „ 「 」 ( ) [ ] . ! ? … 。 ؟ , : ; — - ...".split()),  # noqa: SIM905
    *SPACES,
    *(
        "\r\n",
        "\n\n",
        "\n“",
        "”\n",
        " \u0301",
        "\u0301",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u202e",
        "\ud83d",
        "\x00",
        "\x1c",
    ),
    *("👩\u200d👩\u200d👧", "👍🏽", "🇫🇷", "क्षि", "e\u0301", "هل", "著作", "\u1100\u1161", "\u0600"),
    *(
        "Mr.",
        "U.S.",
        "No. 7",
        "1. ",
        "said",
        "Moreau said",
        "asked",
        "AI.This",
        "https://a.b/c?d",
        "@a.B",
        " A. ",
        "’s ",
        ". . .",
    ),
    *(" “Why?” ", "Yes. ", "no", " (He left.) ", ".”", "“We"),
]
hard_text = st.lists(st.sampled_from(HARD) | st.characters(), max_size=40).map("".join)


@st.composite
def texts_with_regions(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = canonical(draw(hard_text))
    edges = st.integers(0, len(text))
    return text, [(min(pair), max(pair)) for pair in draw(st.lists(st.tuples(edges, edges), max_size=3))]


@given(texts_with_regions())
@example((" \u0301\u0301They left. \u0301We stay.\u0301 Now.", []))
@example(("“a\n\n“b ”” “", [(3, 3)]))
def test_units_of_any_text(given_text: tuple[str, list[Span]]) -> None:
    text, excluded = given_text
    units = segment(text, excluded)
    assert units == segment(text, tuple(reversed(excluded)))
    assert units == sorted(units, key=lambda unit: (unit.start, -unit.end, KINDS.index(unit.kind)))
    assert len({(unit.kind, unit.start, unit.end) for unit in units}) == len(units)
    cuts = grapheme_cuts(text)
    for unit in units:
        assert 0 <= unit.start < unit.end <= len(text)
        assert "\n" not in text[unit.start : unit.end]
        assert text[unit.start] not in SPACES
        assert text[unit.end - 1] not in SPACES
        assert not {unit.start, unit.end} & cuts
        assert not any(start < unit.end and unit.start < end for start, end in excluded if start < end)
        assert (unit.depth is None) == (unit.closed is None) == (unit.kind != "quotation")


@given(texts_with_regions())
def test_sentences_cover_their_paragraphs_and_paragraphs_all_but_spaces(given_text: tuple[str, list[Span]]) -> None:
    text, excluded = given_text
    found = analyse(text, excluded)
    left = [character for at, character in enumerate(text) if not any(start <= at < end for start, end in excluded)]
    within = "".join(text[start:end] for start, end in found.paragraphs)
    if not grapheme_cuts(text):
        assert [c for c in within if c not in SPACES] == [c for c in left if c not in SPACES]
    for paragraph in found.paragraphs:
        inside = [span for span in found.sentences if paragraph[0] <= span[0] < paragraph[1]]
        assert (inside[0][0], inside[-1][1]) == paragraph
        assert all(end <= start and not text[end:start].strip(SPACES) for (_, end), (start, _) in pairwise(inside))
        if len(inside) > 1:
            assert all(regex.search(r"[\p{L}\p{N}]", text[start:end]) for start, end in inside)


@given(texts_with_regions())
def test_parts_and_pieces_lie_where_they_belong(given_text: tuple[str, list[Span]]) -> None:
    text, excluded = given_text
    found = analyse(text, excluded)
    parts = [part for quotation in found.quotations for part in quotation.parts]
    for start, end in parts:
        assert any(first <= start and end <= last for first, last in found.paragraphs)
    for quotation in found.quotations:
        assert quotation.start < quotation.parts[0][0]
        assert quotation.parts[-1][1] <= quotation.end - quotation.closed
        assert all(one[1] <= two[0] for one, two in pairwise(quotation.parts))
        assert quotation.depth == 1 or any(
            q.start < quotation.start and quotation.end <= q.end for q in found.quotations
        )
    shared = {
        (max(part[0], sentence[0]), min(part[1], sentence[1]))
        for part in parts
        for sentence in found.sentences
        if sentence[0] < part[1] and part[0] < sentence[1]
    }
    assert {(unit.start, unit.end) for unit in segment(text, excluded) if unit.kind == "piece"} == shared


@given(st.sampled_from(PASSAGES), st.sampled_from(["\r\n", "\r"]))
def test_the_line_ends_of_the_file_make_no_difference(case: dict[str, Any], line_end: str) -> None:
    assert segment(canonical(case["text"].replace("\n", line_end))) == segment(case["text"])


@pytest.mark.parametrize(
    "lone", ["“", "‘a ", '"', '"a\n', 'x "a\n', "« ", "(a ", "a.) A ", ". .", "“a ‘b ", "“Foo!” Aa bb ", " \u0301"]
)
def test_many_marks_without_partners_are_read(lone: str) -> None:
    text = lone * 60_000
    with ending():
        units = segment(text)
    assert all(0 <= unit.start < unit.end <= len(text) for unit in units)

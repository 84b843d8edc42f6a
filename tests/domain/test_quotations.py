"""Quotations: which marks belong together, how deep they lie, and over which paragraphs they run."""

import pytest

from webapp.domain.prose.segments import analyse

# text, then for each quotation: depth, whether it is closed, its parts
ONE_PARAGRAPH = [
    ("He said “fair use” and ‘fair dealing’.", [(1, True, ["fair use"]), (1, True, ["fair dealing"])]),
    ("He said \"free use\" and 'free ride'.", [(1, True, ["free use"]), (1, True, ["free ride"])]),
    ('"The "best" deal," he said.', [(1, True, ['The "best" deal,']), (2, True, ["best"])]),
    ("« Un\xa0» et «\xa0deux\xa0», »drei« und „vier“.", [(1, True, [w]) for w in ("Un", "deux", "drei", "vier")]),
    ("„quux” ‚x‘ ›y‹ ‹z›.", [(1, True, [w]) for w in ("quux", "x", "y", "z")]),
    ("”Svensk,” sa han. ”Ja.”", [(1, True, ["Svensk,"]), (1, True, ["Ja."])]),
    ("彼は「外『内』外」と。", [(1, True, ["外『内』外"]), (2, True, ["内"])]),
    (
        "“He said ‘foo.’” “‘Bar,’ too.”",
        [(1, True, ["He said ‘foo.’"]), (2, True, ["foo."]), (1, True, ["‘Bar,’ too."]), (2, True, ["Bar,"])],
    ),
    (
        "‘He “quoted ‘us’ there” again,’ she said.",
        [(1, True, ["He “quoted ‘us’ there” again,"]), (2, True, ["quoted ‘us’ there"]), (3, True, ["us"])],
    ),
    ('("Foo," he said.) ["bar"] —"baz"—', [(1, True, ["Foo,"]), (1, True, ["bar"]), (1, True, ["baz"])]),
    ('He said:"We do." and "No."', [(1, True, ["We do."]), (1, True, ["No."])]),
    (
        '“Licences exist", the guild wrote, "and they work.”',
        [(1, True, ["Licences exist"]), (1, True, ["and they work."])],
    ),
    ("“We agree, he said.", [(1, False, ["We agree, he said."])]),
    ('See it here."We, the members, agree.', [(1, False, ["We, the members, agree."])]),
    ("\u200b“Foo.”\u200b", [(1, True, ["Foo."])]),
    ("“” and “ ” say nothing.", []),
]
APOSTROPHES = [
    ("She’s the members’ voice; it's the members' own.", []),
    ("‘Tis ’24, rock ’n’ roll, the ’90s, ‘em all.", []),
    ("'Tis '24, rock 'n' roll, the '90s, 'em all.", []),
    ("‘The creators’ rights matter,’ he said of the studios’ plan.", [(1, True, ["The creators’ rights matter,"])]),
    ("'The creators' rights matter,' he said.", [(1, True, ["The creators' rights matter,"])]),
    ("\"What's 'fair'?\"", [(1, True, ["What's 'fair'?"]), (2, True, ["fair"])]),
    ('A 6" pipe and a 5\'10" man.', []),
    ('"It is 6" wide," he said.', [(1, True, ['It is 6" wide,'])]),
]
SEVERAL_PARAGRAPHS = [
    ("“One.\n“Two.\n“Three.” End.", [(1, True, ["One.", "Two.", "Three."])]),
    ('"One.\n\n"Two." End.', [(1, True, ["One.", "Two."])]),
    ("‘One.\n‘Two.’ End.", [(1, True, ["One.", "Two."])]),
    ("« Un.\n» Deux. »", [(1, True, ["Un.", "Deux."])]),
    ("“One.\nTwo.\nThree.” End.", [(1, True, ["One.", "Two.", "Three."])]),
    (
        '"One.\nTwo "in two" here.\nThree." End.',
        [(1, True, ["One.", 'Two "in two" here.', "Three."]), (2, True, ["in two"])],
    ),
    ("“One.\n“Two.\nThree.” End.", [(1, True, ["One.", "Two.", "Three."])]),
    ("“One.\nNone “here” now.\n“Own.”", [(1, False, ["One."]), (1, True, ["here"]), (1, True, ["Own."])]),
    ("“One.\n“Two.\nNone.", [(1, False, ["One.", "Two."])]),
    ("“He said: ‘One.\n“‘Two.’ Three.”", [(1, True, ["He said: ‘One.", "‘Two.’ Three."]), (2, True, ["Two."])]),
    ("“Left open.\nNone.\n“One.\nTwo.” End.", [(1, False, ["Left open."]), (1, True, ["One.", "Two."])]),
    ("“Done.” “One.\n“Two.”", [(1, True, ["Done."]), (1, True, ["One.", "Two."])]),
]


def quotations(text: str, excluded: list[tuple[int, int]] | None = None) -> list[tuple[int, bool, list[str]]]:
    found = analyse(text, excluded or []).quotations
    return [(q.depth, q.closed, [text[start:end] for start, end in q.parts]) for q in found]


@pytest.mark.parametrize(("text", "expected"), [*ONE_PARAGRAPH, *APOSTROPHES, *SEVERAL_PARAGRAPHS])
def test_marks_are_paired(text: str, expected: list[tuple[int, bool, list[str]]]) -> None:
    assert quotations(text) == expected


def test_a_quotation_begins_and_ends_with_its_marks() -> None:
    text = "She wrote: “One.\n“Two.” End."
    (found,) = analyse(text).quotations
    assert text[found.start : found.end] == "“One.\n“Two.”"


def test_an_open_quotation_ends_with_the_last_paragraph_that_it_reaches() -> None:
    text = "She wrote: “One.\n“Two. \nThree."
    (found,) = analyse(text).quotations
    assert text[found.start : found.end] == "“One.\n“Two."


def test_no_quotation_reaches_over_an_excluded_region() -> None:
    text = "“One. CAPTION two.”\n“Three.\nCAPTION\n“Four.”"
    first, second = text.index("CAPTION"), text.rindex("CAPTION")
    excluded = [(first, first + 7), (second, second + 7)]
    assert quotations(text, excluded) == [(1, False, ["One."]), (1, False, ["Three."]), (1, True, ["Four."])]


def test_a_mark_fused_with_what_stands_beside_it_is_no_mark() -> None:
    assert quotations("“\u0301One.”") == []

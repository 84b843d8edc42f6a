"""Schemes as files have them, and what is wrong with others."""

from pathlib import Path

import pytest

from webapp.domain.errors import Invalid
from webapp.domain.guides import starter_guide
from webapp.domain.keys import PAGE_KEYS
from webapp.domain.schemes import parse_scheme, vanished
from webapp.places import place

SEED = (place("seeds") / "scheme.toml").read_text("utf-8")
SECOND = (Path(__file__).parents[1] / "data" / "a-second-scheme.toml").read_text("utf-8")


def test_the_seed_scheme_is_read() -> None:
    scheme = parse_scheme(SEED)
    assert [s.id for s in scheme.stances] == ["pro-copyright", "pro-fair-use", "neutral"]
    assert len(scheme.claim_types) == 8 and len(scheme.speakers) == 31
    assert {flag.id: flag.default for flag in scheme.flags} == {"on_target": True, "ascribed": False, "unsure": False}
    stance, claim = scheme.stance("pro-copyright"), scheme.claim_type("POLICY")
    assert stance is not None and stance.opposes == ("pro-fair-use",)
    assert claim is not None and claim.order == 1
    assert scheme.stance("no-such") is scheme.claim_type("no-such") is scheme.flag("no-such") is None


def test_a_quite_different_scheme_is_read() -> None:
    scheme = parse_scheme(SECOND)
    assert scheme.stance_ids == {"shoot", "fence", "protect", "Undecided.2"}
    assert scheme.claim_type_ids == {"loss", "law"}
    assert scheme.flags == () and scheme.speakers == ()


def test_a_starter_guide_tells_the_whole_scheme() -> None:
    scheme = parse_scheme(SEED)
    guide = starter_guide(scheme)
    for part in (*scheme.stances, *scheme.claim_types, *scheme.flags):
        assert part.name in guide and part.definition in guide


def without(*lines: str) -> str:
    text = SECOND
    for line in lines:
        assert line in text
        text = text.replace(line + "\n", "", 1)
    return text


def with_(old: str, new: str) -> str:
    assert old in SECOND
    return SECOND.replace(old, new, 1)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "schema"),
        ("no toml", "TOML"),
        ("a = 1\na = 2", "TOML"),
        (with_("schema = 1", "schema = 2"), "schema"),
        (with_("schema = 1", 'schema = "1"'), "schema"),
        (without("schema = 1"), "schema"),
        (with_("schema = 1", 'schema = 1\ncolour = "red"'), "colour"),
        (with_('name = "Wolves', 'names = "Wolves'), "names"),
        (with_('name = "Wolves in the Alps, 2031"', 'name = ""'), "name"),
        (with_('key = "5"', 'key = "5"\nkeys = "6"'), "keys"),
        (with_('mark = "wavy"', 'mark = "zigzag"'), "zigzag"),
        (with_('color = "red"', 'color = "pink"'), "pink"),
        (with_('id = "shoot"', 'id = "shoot them"'), "id"),
        (with_('id = "shoot"', 'id = "shoot\\n"'), "id"),
        (with_('id = "shoot"', 'id = ""'), "id"),
        (with_('id = "fence"', 'id = "shoot"'), "“shoot” twice"),
        (with_('id = "law"', 'id = "loss"'), "“loss” twice"),
        (with_('opposes = ["protect"]', 'opposes = ["nobody"]'), "nobody"),
        (with_('key = "6"', 'key = "5"'), "key “5” twice"),
        (with_('key = "y"', 'key = "5"'), "key “5” twice"),
        (with_('key = "5"', 'key = "J"'), "one letter"),
        (with_('key = "5"', 'key = "55"'), "one letter"),
        (with_('key = "5"', 'key = "é"'), "one letter"),
        (with_('key = "5"', 'key = "Escape"'), "one letter"),
        (SECOND[: SECOND.index("[[claim_type]]")], "claim_type"),
        (with_("[[claim_type]]", "[[stance]]"), "stance"),
        (SECOND + '\n[[flag]]\nid = "sure"\nname = "Sure"\ndefinition = "x"\nkey = "1"\n', "sure"),
        (SECOND + '\n[[speaker]]\nid = "a"\nname = "A"\nkind = "robot"\n', "robot"),
        (SECOND + '\n[[speaker]]\nid = "a"\nname = "A"\nkind = "group"\nmembers = ["b"]\n', "“b” in members"),
        (SECOND + '\n[[speaker]]\nid = "a"\nname = "A"\nkind = "group"\n' * 2, "“a” twice"),
    ],
    ids=range(30),
)
def test_what_is_wrong_with_a_scheme_is_said(source: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        parse_scheme(source)


def test_one_stance_is_too_few_and_seven_are_too_many() -> None:
    head, *stances = SECOND[: SECOND.index("[[claim_type]]")].split("[[stance]]")
    rest = SECOND[SECOND.index("[[claim_type]]") :]
    lonely = stances[1].replace('opposes = ["protect"]', "")
    with pytest.raises(Invalid, match="1 stances; 2 to 6"):
        parse_scheme(f"{head}[[stance]]{lonely}{rest}")
    more = "".join(f"[[stance]]{lonely.replace('fence', f's{n}').replace(chr(54), str(n))}" for n in range(7))
    with pytest.raises(Invalid, match="7 stances; 2 to 6"):
        parse_scheme(head + more + rest)


@pytest.mark.parametrize("key", sorted(PAGE_KEYS))
def test_a_key_of_the_page_itself_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match="taken by the annotation page"):
        parse_scheme(with_('key = "5"', f'key = "{key}"'))


def test_values_in_use_that_vanish_are_named() -> None:
    old = parse_scheme(SECOND)
    new = parse_scheme(with_('id = "law"', 'id = "statute"').replace('id = "fence"', 'id = "fences"'))
    assert vanished(old, new, ["fence", "shoot"], ["law", "loss"]) == ["stance fence", "claim type law"]
    assert vanished(old, new, ["shoot"], ["loss"]) == []

"""The key map: one table for the list and for what works, under any scheme."""

from string import ascii_lowercase

from webapp.domain.keys import PAGE_KEYS
from webapp.domain.schemes import parse_scheme
from webapp.places import place
from webapp.views.keymap import keymap

SCHEME = parse_scheme((place("seeds") / "scheme.toml").read_text())
KEYS = [key for section in keymap(SCHEME) for key in section.keys]


def test_no_key_does_two_things() -> None:
    names = [key.key for key in KEYS]
    assert len(names) == len(set(names))


def test_the_page_takes_no_letter_but_those_that_schemes_may_not_take() -> None:
    of_scheme = {part.key for part in (*SCHEME.stances, *SCHEME.claim_types, *SCHEME.flags)}
    single = {key.key for key in KEYS if key.key in ascii_lowercase}
    assert single - of_scheme == PAGE_KEYS


def test_each_value_of_the_scheme_has_its_key() -> None:
    done = {key.do: key.key for key in KEYS}
    assert done["stance:pro-fair-use"] == "2"
    assert done["claim_type:CONSEQUENCE"] == "e"
    assert done["flag:unsure"] == "h"


def test_caps_are_what_stands_on_the_keys() -> None:
    caps = {key.key: key.caps for key in KEYS}
    assert caps["j"] == ["J"]
    assert caps["Ctrl+Shift+ArrowRight"] == ["Ctrl", "Shift", "→"]
    assert caps["?"] == ["?"]
    assert caps["Escape"] == ["Esc"]

"""The style sheet as it is served: small, and nothing in its strings is touched."""

import gzip

import pytest

from tests.world import World
from webapp.assets import squeezed

MOST_BYTES = 10_000


def test_what_every_page_loads_is_small(sqlite_only: World) -> None:
    with sqlite_only.app.test_request_context():
        address = sqlite_only.app.jinja_env.globals["static_url"]("css/app.css")  # type: ignore[operator]
    served = sqlite_only.app.test_client().get(address).data
    assert len(gzip.compress(served, 9, mtime=0)) <= MOST_BYTES


@pytest.mark.parametrize(
    ("sheet", "packed"),
    [
        ("a { b: c; d: e; }\n\nf > g,\nh { i: j }", "a{b:c;d:e}f>g,h{i:j}"),
        ("/* one */ a :is(b, c) { d: calc(1px + 2px) /* two */; }", "a :is(b,c){d:calc(1px + 2px)}"),
        ('a::after { content: " ; { /* b */ "; }', 'a::after{content:" ; { /* b */ "}'),
        ("@media (max-width: 9px) { a  b { c: d } }", "@media (max-width:9px){a b{c:d}}"),
    ],
)
def test_what_means_nothing_is_left_out(sheet: str, packed: str) -> None:
    assert squeezed(sheet) == packed

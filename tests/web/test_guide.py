"""The guide: Markdown without raw HTML, examples as marks, contents, and which round's version is shown."""

import re

import pytest

from tests.world import SLUG, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.domain.schemes import parse_scheme
from webapp.places import place
from webapp.services import managing
from webapp.views.guide_html import DrawnGuide, draw

SCHEME = parse_scheme((place("seeds") / "scheme.toml").read_text("utf-8"))
FOR, AGAINST, NEUTRAL = "color-orange mark-dashed", "color-blue mark-solid", "color-grey mark-dotted"


def drawn(source: str) -> DrawnGuide:
    return draw(source, SCHEME, lambda article: f"/a/{article}" if article == "000" else None)


def looks(source: str) -> list[tuple[str, str]]:
    """Each mark's look and words."""
    return re.findall(r'<mark class="([^"]*?)(?: l0 first)?">(.*?)</mark>', drawn(source).html)


def guide(world: World, name: str = "Alice", query: str = "") -> str:
    answer = world.visitor(name).get(f"/p/{SLUG}/guide{query}")
    assert answer.status_code == 200
    return answer.text


# ---- drawing ----


@pytest.mark.parametrize(
    ("source", "look"),
    [
        ("⟨words⟩ (000): Google, pro-fair-use, ascribed on.", FOR),
        ("Pro-copyright, for instance ⟨words⟩ (000)", AGAINST),
        ("Neutral, true examples: ⟨words⟩ (000); ⟨more⟩ (001)", NEUTRAL),
        ("| case | ruling |\n|---|---|\n| ⟨words⟩ (002) | signatories, **pro-copyright**, POSITION |", AGAINST),
        ("⟨words⟩ (000) could be pro-copyright or pro-fair-use", "plain"),
        ("⟨words⟩ (000) says nothing of it", "plain"),
        ("⟨words⟩ is not-neutral-at-all", "plain"),
        ("neutral: ⟦words⟧ (000)", "plain"),
    ],
)
def test_an_example_takes_the_stance_that_the_text_names(source: str, look: str) -> None:
    assert looks(source)[0] == (look, "words")


def test_each_of_two_examples_takes_what_stands_behind_it() -> None:
    source = "Two: ⟨one⟩ (003) AI companies · pro-fair-use; ⟨other⟩ (003) signatories · pro-copyright"
    assert looks(source) == [(FOR, "one"), (AGAINST, "other")]


@pytest.mark.parametrize("words", ["F***ing *finally*.", "[a] creator’s [now](x) `b`", "“stolen” \\_ & <i>"])
def test_an_example_is_kept_letter_by_letter(words: str) -> None:
    shown = looks(f"⟨{words}⟩ (004)")[0][1]
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == words


def test_brackets_that_are_not_closed_stay_words() -> None:
    assert "a ⟨ b" in drawn("a ⟨ b").html
    assert looks("a ⟨⟩ b ⟩⟨") == []


def test_the_article_behind_an_example_is_a_link_where_it_can_be_opened() -> None:
    html = drawn("⟨words⟩ (000) and ⟨more⟩ (001)").html
    assert '<a class="src" href="/a/000">(000)</a>' in html
    assert '<span class="src">(001)</span>' in html


def test_raw_html_and_scripts_in_links_do_not_get_through() -> None:
    html = drawn(
        "<script>x</script>\n\na <b>b</b> [go](javascript:alert(1)) ![pic](http://elsewhere.example/p.png)"
    ).html
    assert not any(raw in html for raw in ("<script", "<b>", 'href="javascript', "<img"))


def test_headings_are_places_and_make_the_contents() -> None:
    found = drawn("# The *guide*\n\n## One & two\n\n### Below\n\n## One & two\n\n# Another title\n")
    assert found.title == "The guide"
    assert [words for _, words in found.contents] == ["One & two", "One & two", "Another title"]
    anchors = [anchor for anchor, _ in found.contents]
    assert len(set(anchors)) == 3
    assert all(f'id="{anchor}"' in found.html for anchor in anchors)
    assert "<h1" not in found.html


def test_a_guide_without_headings_still_has_a_title() -> None:
    assert (drawn("Words.").title, drawn("Words.").contents) == ("Guide", [])


def test_tables_can_be_reached_and_have_names_of_their_own() -> None:
    table = "| a | b |\n|---|---|\n| c | d |\n\n"
    names = re.findall(r'role="region" aria-label="([^"]+)"', drawn(f"## Rules\n\n{table}Then.\n\n{table}").html)
    assert len(set(names)) == 2
    assert all("Rules" in name for name in names)


def test_the_guide_of_the_seeds_has_marks_of_every_stance() -> None:
    source = (place("seeds") / "guide.md").read_text("utf-8")
    found = looks(source)
    assert len(found) == source.count("⟨") + source.count("⟦")
    assert {FOR, AGAINST, NEUTRAL, "plain"} == {look for look, _ in found}
    assert len(drawn(source).contents) == 8


# ---- the page ----


def test_everybody_in_the_project_reads_it(world: World) -> None:
    for name in ("Alice", "Curt"):
        page = guide(world, name)
        assert "<h1>Annotators' guide</h1>" in page.replace("&#39;", "'")
        assert "Version 1 of" in page
        assert '<a href="#1.-what-to-label">1. What to label</a>' in page


def test_articles_are_linked_for_those_who_may_open_them(sqlite_only: World) -> None:
    carol, curt = guide(sqlite_only, "Carol"), guide(sqlite_only, "Curt")
    assert f'href="/p/{SLUG}/documents/000"' in carol
    assert f'href="/p/{SLUG}/documents/003"' not in carol
    assert f'href="/p/{SLUG}/documents/003"' in curt


def test_an_annotator_sees_the_round_newest_for_them(world: World) -> None:
    managing.set_guide(world.db, OPERATOR, SLUG, "# Second guide")
    managing.add_round(world.db, OPERATOR, SLUG, "second")
    assert "Second guide" not in guide(world, "Alice")
    assert "Second guide" in guide(world, "Curt")
    world.assign("Alice", documents=["003"], round="second")
    assert "Second guide" in guide(world, "Alice")
    assert "Second guide" not in guide(world, "Alice", "?round=main")
    assert "Second guide" not in guide(world, "Bob")


def test_rounds_to_choose_from_are_ones_own_for_an_annotator(sqlite_only: World) -> None:
    managing.add_round(sqlite_only.db, OPERATOR, SLUG, "second")
    sqlite_only.operate("Alice", "000", finish())
    assert "round=second" not in guide(sqlite_only, "Alice")
    assert "round=second" in guide(sqlite_only, "Curt")


def test_a_round_or_project_that_there_is_not_is_404(sqlite_only: World) -> None:
    sqlite_only.add_person("Dora")
    assert sqlite_only.visitor("Alice").get(f"/p/{SLUG}/guide?round=none").status_code == 404
    assert sqlite_only.visitor("Dora").get(f"/p/{SLUG}/guide").status_code == 404
    assert sqlite_only.app.test_client().get(f"/p/{SLUG}/guide").status_code == 303

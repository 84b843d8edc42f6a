"""My work: what is next, own articles and numbers, the round's progress, and what to do where there is nothing yet."""

import re

from tests.world import OTHER_WORDS, SLUG, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import assigning, managing

HTMX = {"HX-Request": "true"}


def words(html: str) -> str:
    """What is read on a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def home(world: World, name: str, query: str = "", **headers: str) -> str:
    answer = world.visitor(name).get(f"/{query}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def listed(page: str) -> list[str]:
    """Ids of the articles in the list."""
    table = page[page.index("Your articles</caption>") :]
    return re.findall(r'href="/p/letter/documents/([^"]+)"', table[: table.index("</table>")])


def next_panel(page: str) -> str:
    found = re.search(r'<section class="panel next">.*?</section>', page, re.S)
    assert found
    return words(found[0])


# ---- what is next ----


def test_the_first_new_article_is_next(world: World) -> None:
    page = home(world, "Alice")
    assert "Next article · Fox News" in next_panel(page)
    assert "20 quotations" in next_panel(page)
    assert '<a class="btn" href="/p/letter/documents/000"' in page
    assert "You have finished 0 of 3 articles." in page


def test_what_was_begun_last_goes_on(world: World) -> None:
    world.stored("Alice")
    world.stored("Alice", OTHER_WORDS, unsure=True, stance="pro-copyright")
    page = home(world, "Alice")
    assert "Continue where you stopped" in next_panel(page)
    assert "1 of 20 quotations labelled, 1 marked unsure" in next_panel(page)


def test_when_all_is_finished_nothing_waits(world: World) -> None:
    world.operate("Carol", "000", finish())
    page = home(world, "Carol")
    assert "Nothing waits for you" in next_panel(page)
    assert "You have finished 1 of 1 article." in page


# ---- own articles ----


def test_filters_narrow_the_list(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "001", finish())
    found = {show: listed(home(world, "Alice", f"?project={SLUG}&show={show}")) for show in ("all", "new", "begun")}
    assert found == {"all": ["000", "001", "002"], "new": ["002"], "begun": ["000"]}
    assert listed(home(world, "Alice", f"?project={SLUG}&show=finished")) == ["001"]


def test_the_same_address_gives_htmx_the_list_alone(sqlite_only: World) -> None:
    query = f"?project={SLUG}&show=new"
    whole, part = home(sqlite_only, "Alice", query), home(sqlite_only, "Alice", query, **HTMX)
    assert part.lstrip().startswith(f'<div id="work-{SLUG}">')
    assert part.strip() in whole
    assert f'href="/{query.replace("&", "&amp;")}" hx-get="/{query.replace("&", "&amp;")}"' in whole


def test_going_back_in_the_browser_gives_the_whole_page(sqlite_only: World) -> None:
    page = home(sqlite_only, "Alice", f"?project={SLUG}", **HTMX, **{"HX-History-Restore-Request": "true"})
    assert "<!doctype html>" in page


def test_an_empty_filter_says_what_would_be_there(sqlite_only: World) -> None:
    page = home(sqlite_only, "Alice", f"?project={SLUG}&show=finished")
    assert "No article is finished" in page
    assert "What you finish stands here" in page


def test_a_strange_filter_or_page_shows_all(sqlite_only: World) -> None:
    for query in ("?show=nothing", f"?project={SLUG}&page=99", f"?project={SLUG}&page=-1", "?page=x", "?project=none"):
        assert listed(home(sqlite_only, "Alice", query)) == ["000", "001", "002"]


def test_a_long_list_comes_in_pages(sqlite_only: World) -> None:
    many = [
        {"id": f"long-{number:03}", "title": f"Article {number}", "text": f"Words {number}."} for number in range(60)
    ]
    sqlite_only.bring(*many)
    sqlite_only.assign("Bob", documents=[record["id"] for record in many])
    assert len(listed(home(sqlite_only, "Bob"))) == 50
    assert listed(home(sqlite_only, "Bob", f"?project={SLUG}&page=2"))[-1] == "long-059"
    assert "51 to 62 of 62 articles" in words(home(sqlite_only, "Bob", f"?project={SLUG}&page=2"))


def test_of_several_rounds_the_newest_of_each_article_counts(world: World) -> None:
    world.operate("Alice", "000", finish())
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    managing.add_round(world.db, OPERATOR, SLUG, "second")
    world.assign("Alice", documents=["000"], round="second")
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", home(world, "Alice"), re.S)[:3]
    assert [words(row).split()[-1] for row in rows] == ["new", "closed", "closed"]
    assert [("second" in row, "main" in row) for row in rows] == [(True, False), (False, True), (False, True)]


def test_what_a_round_closed_over_is_not_called_finished(world: World) -> None:
    assert "Closed <small>" not in home(world, "Alice")
    world.operate("Alice", "000", finish())
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    page = home(world, "Alice")
    assert "You have finished 1 of 3 articles." in page
    assert "All your articles are finished" not in next_panel(page)
    assert "reopened" not in next_panel(page)
    assert listed(home(world, "Alice", f"?project={SLUG}&show=finished")) == ["000"]
    assert listed(home(world, "Alice", f"?project={SLUG}&show=closed")) == ["001", "002"]


def test_articles_taken_back_are_gone(world: World) -> None:
    assigning.unassign(world.db, OPERATOR, SLUG, "Alice", documents=["002"])
    assert listed(home(world, "Alice")) == ["000", "001"]


def test_markup_in_titles_stays_words(sqlite_only: World) -> None:
    sqlite_only.bring({"id": "evil", "title": "<script>alert(1)</script>", "outlet": "<b>Out</b>", "text": "Words."})
    sqlite_only.assign("Carol", documents=["evil"])
    managing.create_project(sqlite_only.db, OPERATOR, "evil", "<i>Evil</i>")
    managing.set_roles(sqlite_only.db, OPERATOR, "evil", "Carol", frozenset({"annotator"}))
    page = home(sqlite_only, "Carol")
    assert "&lt;script&gt;alert(1)" in page
    assert not any(raw in page for raw in ("<script>alert", "<b>Out", "<i>Evil"))


# ---- own numbers ----


def test_own_numbers_count_living_labels_by_stance(world: World) -> None:
    world.stored("Alice", unsure=True)
    world.stored("Alice", OTHER_WORDS, stance=None, on_target=False, claim_type=None)
    page = words(home(world, "Alice"))
    assert "2 labels 1 unsure" in page
    assert "pro-copyright 0 pro-fair-use 1 neutral 0 off target 1" in page


def test_nothing_of_others_is_told(world: World) -> None:
    before = words(home(world, "Bob"))
    world.stored("Alice")
    world.operate("Alice", "001", finish())
    assert words(home(world, "Bob")) == before
    assert "Alice" not in before


def test_no_haste_is_rewarded(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    assert not re.search(r"seconds?|\d s\b|per label|per hour|pace", words(home(sqlite_only, "Alice")))


# ---- curators ----


def progress(page: str) -> dict[str, list[str]]:
    """Name to finished, begun, new; beside own articles to finished of all, begun."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.S)
    return {words(name).strip(): words(cells).split() for name, cells in rows}


def test_a_curator_sees_how_far_everybody_is(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "001", finish())
    page = home(world, "Curt")
    assert progress(page) == {"Alice": ["1", "1", "1"], "Bob": ["0", "0", "2"], "Carol": ["0", "0", "1"]}
    assert "1 of 6 assigned articles are finished" in page


def test_a_curator_who_annotates_learns_nothing_of_what_is_in_work(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, SLUG, "Alice", frozenset({"curator", "annotator"}))
    world.stored("Bob")
    assert progress(home(world, "Alice"))["Bob"] == ["0", "of", "2", "0"], "beside own articles three columns fit"
    world.operate("Alice", "000", finish())
    assert progress(home(world, "Alice"))["Bob"] == ["0", "of", "2", "1"]


def test_annotators_see_no_progress_of_others(sqlite_only: World) -> None:
    assert not {"Alice", "Bob", "Curt"} & set(progress(home(sqlite_only, "Carol")))


def test_a_fresh_curator_is_told_the_steps(sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "fresh", "Fresh")
    managing.set_roles(sqlite_only.db, OPERATOR, "fresh", "Carol", frozenset({"curator"}))
    page = home(sqlite_only, "Carol")
    assert "Round main has not begun" in page
    assert '<a class="btn" href="/p/fresh/documents">Import articles</a>' in page
    assert 'href="/p/fresh/people">Add annotators' in page
    managing.set_roles(sqlite_only.db, OPERATOR, "fresh", "Bob", frozenset({"annotator"}))
    sqlite_only.bring({"id": "one", "text": "Words."}, slug="fresh")
    page = home(sqlite_only, "Carol")
    assert '<a class="btn" href="/p/fresh/rounds">Assign the articles</a>' in page
    assert "1 article is here" in page


# ---- nothing yet ----


def test_a_person_in_no_project_is_told_how_to_get_into_one(sqlite_only: World) -> None:
    sqlite_only.add_person("Dora")
    page = home(sqlite_only, "Dora")
    assert "You are in no project yet" in page
    assert "Hollywood" not in page


def test_an_annotator_without_articles_may_read_the_guide(sqlite_only: World) -> None:
    sqlite_only.add_person("Dora", "annotator")
    page = home(sqlite_only, "Dora")
    assert "No articles yet" in next_panel(page)
    assert '<a class="btn" href="/p/letter/guide">Read the guide</a>' in page


def test_an_adjudicator_is_told_what_to_wait_for(sqlite_only: World) -> None:
    sqlite_only.add_person("Dora", "adjudicator")
    assert "What annotators disagree on" in words(home(sqlite_only, "Dora"))
    part = sqlite_only.visitor("Dora").get("/p/letter/adjudicate", headers={"HX-Request": "true"}).text
    assert "An article can be decided once everyone assigned to it has finished." in part


def test_another_project_is_not_to_be_known_of(sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "secret", "Secret")
    assert "Secret" not in home(sqlite_only, "Alice")
    assert sqlite_only.visitor("Alice").get("/?project=secret", headers=HTMX).status_code == 404


def test_an_administrator_sees_every_project(sqlite_only: World) -> None:
    sqlite_only.add_person("Ada", admin=True)
    assert "The Hollywood letter" in home(sqlite_only, "Ada")


# ---- simulated labels ----


def test_simulated_labels_are_marked_wherever_they_are_counted(world: World) -> None:
    world.stored("Alice")
    world.stored("Alice", OTHER_WORDS)
    world.change("UPDATE label SET origin = 'simulated' WHERE quote = :quote", quote=OTHER_WORDS)
    assert {"Alice simulated", "Bob", "Carol"} <= set(progress(home(world, "Curt")))
    own = words(home(world, "Alice"))
    assert "Round main · 1 simulated 2 labels" in own
    assert "begun 1 simulated" in own
    world.change("UPDATE label SET origin = 'simulated'")
    assert "begun simulated" in words(home(world, "Alice"))

"""`project`, `round`, `speaker`, `assign`, `unassign`, `give-back`, `events`."""

import re
from fractions import Fraction

import click

from webapp.cli import console
from webapp.config import Settings
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR, ROLES, parse_roles
from webapp.services import assigning, managing, reporting, speakers, withdrawing


@click.group()
def project() -> None:
    """Projects: add, list, members, scheme, guide, settings."""


@project.command()
@click.argument("slug")
@click.option("--title", required=True, help="What the pages call it.")
@click.option("--scheme", metavar="FILE", help="Its label scheme; default the one of seeds/, speakers included.")
@click.pass_obj
def add(settings: Settings, slug: str, title: str, scheme: str | None) -> None:
    """Make a project; it begins with round main."""
    source = console.read_text(scheme) if scheme is not None else None
    with console.opened(settings) as db:
        managing.create_project(db, OPERATOR, slug, title, source)
    click.echo(f"Made project {slug}.")


@project.command("list")
@console.as_json
@click.pass_obj
def list_projects(settings: Settings, as_json: bool) -> None:
    """Every project, by its short name."""
    with console.opened(settings) as db:
        rows = [{"slug": p["slug"], "title": p["title"]} for p in managing.list_projects(db, OPERATOR)]
    if as_json:
        console.print_json(rows)
    else:
        console.print_table(rows, "There is no project yet.")


@project.command()
@click.argument("slug")
@click.argument("name")
@click.argument("role")
@click.pass_obj
def member(settings: Settings, slug: str, name: str, role: str) -> None:
    """Give a person the role or roles (curator, adjudicator, annotator, comma between), or none."""
    try:
        roles = parse_roles(role)
    except ValueError as why:
        raise Invalid(f"There is no role “{why}”. Use {', '.join(ROLES)}, or none.") from None
    with console.opened(settings) as db:
        managing.set_roles(db, OPERATOR, slug, name, roles)
    click.echo(f"{name} is {' and '.join(sorted(roles)) or 'no member'} in {slug}.")


@project.command()
@click.argument("slug")
@click.argument("file")
@click.option("--round", "round_name", metavar="R", help="For this open round, instead of those to come.")
@click.pass_obj
def scheme(settings: Settings, slug: str, file: str, round_name: str | None) -> None:
    """A new version of the label scheme."""
    source = console.read_text(file)
    with console.opened(settings) as db:
        number = managing.set_scheme(db, OPERATOR, slug, source, round_name)
    click.echo(f"Scheme version {number}, for {'round ' + round_name if round_name else 'the rounds to come'}.")


@project.command()
@click.argument("slug")
@click.argument("file")
@click.option("--round", "round_name", metavar="R", help="For this open round, instead of those to come.")
@click.pass_obj
def guide(settings: Settings, slug: str, file: str, round_name: str | None) -> None:
    """A new version of the guide, a Markdown file."""
    source = console.read_text(file)
    with console.opened(settings) as db:
        number = managing.set_guide(db, OPERATOR, slug, source, round_name)
    click.echo(f"Guide version {number}, for {'round ' + round_name if round_name else 'the rounds to come'}.")


@project.command()
@click.argument("slug")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def proposals(settings: Settings, slug: str, switch: str) -> None:
    """Propose speakers on the annotation page, or do not."""
    with console.opened(settings) as db:
        managing.set_settings(db, OPERATOR, slug, proposals_on=switch == "on")
    click.echo(f"Speaker proposals are {switch} in {slug}.")


_PAGES = click.Choice(["agreement", "releases"])


@project.command("open")
@click.argument("slug")
@click.argument("page", type=_PAGES)
@click.pass_obj
def open_page(settings: Settings, slug: str, page: str) -> None:
    """Let annotators see a page, for closed rounds."""
    _open_or_close(settings, slug, page, True)


@project.command("close")
@click.argument("slug")
@click.argument("page", type=_PAGES)
@click.pass_obj
def close_page(settings: Settings, slug: str, page: str) -> None:
    """Keep a page from annotators."""
    _open_or_close(settings, slug, page, False)


def _open_or_close(settings: Settings, slug: str, page: str, is_open: bool) -> None:
    with console.opened(settings) as db:
        managing.set_settings(db, OPERATOR, slug, **{f"{page}_open": is_open})
    click.echo(f"The {page} page of {slug} is {'open to' if is_open else 'closed for'} annotators.")


@click.group("round")
def round_group() -> None:
    """Rounds: add, close, list."""


@round_group.command("add")
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def add_round(settings: Settings, slug: str, name: str) -> None:
    """A new round under the newest scheme and guide."""
    with console.opened(settings) as db:
        managing.add_round(db, OPERATOR, slug, name)
    click.echo(f"Opened round {name}.")


@round_group.command("close")
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def close_round(settings: Settings, slug: str, name: str) -> None:
    """Close a round: its labels stand still."""
    with console.opened(settings) as db:
        managing.close_round(db, OPERATOR, slug, name)
    click.echo(f"Closed round {name}.")


@round_group.command("list")
@click.argument("slug")
@console.as_json
@click.pass_obj
def list_rounds(settings: Settings, slug: str, as_json: bool) -> None:
    """The rounds, oldest first."""
    with console.opened(settings) as db:
        rows = managing.list_rounds(db, OPERATOR, slug)
    if as_json:
        console.print_json(rows)
    else:
        console.print_table(rows, "There is no round.")


@click.group()
def speaker() -> None:
    """The registry of speakers: list, merge, unmerge."""


@speaker.command("list")
@click.argument("slug")
@console.as_json
@click.pass_obj
def list_speakers(settings: Settings, slug: str, as_json: bool) -> None:
    """Every speaker, by id, proposals included."""
    with console.opened(settings) as db:
        rows = speakers.list_speakers(db, OPERATOR, slug)
    if as_json:
        console.print_json(rows)
    else:
        shown = ("id", "name", "kind", "labels", "proposed_by", "merged_into")
        console.print_table([{key: row[key] for key in shown} for row in rows], "There are no speakers.")


@speaker.command()
@click.argument("slug")
@click.argument("from_", metavar="FROM")
@click.argument("into")
@click.pass_obj
def merge(settings: Settings, slug: str, from_: str, into: str) -> None:
    """Let FROM point to INTO; labels keep what was stored."""
    with console.opened(settings) as db:
        speakers.merge_speaker(db, OPERATOR, slug, from_, into)
    click.echo(f"Merged {from_} into {into}.")


@speaker.command()
@click.argument("slug")
@click.argument("from_", metavar="FROM")
@click.pass_obj
def unmerge(settings: Settings, slug: str, from_: str) -> None:
    """Undo a merge."""
    with console.opened(settings) as db:
        speakers.unmerge_speaker(db, OPERATOR, slug, from_)
    click.echo(f"{from_} stands for itself again.")


@click.command()
@click.argument("slug")
@click.option("--annotators", required=True, metavar="A,B,C", help="Whom to assign.")
@click.option("--per-document", required=True, type=click.IntRange(min=1), metavar="N", help="How many of them each.")
@click.option("--documents", metavar="A,B", help="Only these articles.")
@click.option("--sample", metavar="SHARE", help="Only this share of the articles, such as 0.15.")
@click.option("--round", "round_name", metavar="R", help="Which open round; default the newest.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another sample.")
@click.pass_obj
def assign(
    settings: Settings,
    slug: str,
    annotators: str,
    per_document: int,
    documents: str | None,
    sample: str | None,
    round_name: str | None,
    seed: int,
) -> None:
    """Hand articles out, balanced and repeatable; run again it only adds."""
    if documents is not None and sample is not None:
        raise click.UsageError("--documents and --sample exclude each other.")
    chosen = (console.list_of(annotators) or [], per_document)
    given = {"documents": console.list_of(documents), "share": _share(sample), "round_name": round_name, "seed": seed}
    with console.opened(settings) as db:
        made = assigning.assign(db, OPERATOR, slug, *chosen, **given)  # type: ignore[arg-type]
    for document, name in made.pairs:
        click.echo(f"{document}  {name}")
    new, on = console.many(len(made.pairs), "new assignment"), console.many(made.documents, "article")
    click.echo(f"{new} on {on} in round {made.round}.", err=True)


def _share(words: str | None) -> Fraction | None:
    if words is None:
        return None
    if not re.fullmatch(r"\d{0,9}\.?\d{1,9}", words, re.ASCII):
        raise Invalid(f"“{words}” is no share. Use a number above 0 and up to 1, such as 0.15.")
    return Fraction(words)


@click.command()
@click.argument("slug")
@click.option("--annotator", required=True, metavar="A", help="Whose articles to take back.")
@click.option("--documents", metavar="A,B", help="Only these articles.")
@click.option("--with-begun", is_flag=True, help="Begun work too: its labels are kept as withdrawn.")
@click.option("--reason", default="", metavar="TEXT", help="Why begun work is taken back.")
@click.pass_obj
def unassign(
    settings: Settings, slug: str, annotator: str, documents: str | None, with_begun: bool, reason: str
) -> None:
    """Take a person's articles back in open rounds."""
    if reason and not with_begun:
        raise click.UsageError("--reason goes with --with-begun.")
    with console.opened(settings) as db:
        gone, withdrawn = assigning.unassign(
            db,
            OPERATOR,
            slug,
            annotator,
            documents=console.list_of(documents),
            with_begun=with_begun,
            reason=reason,
        )
    click.echo(f"Took back {console.many(gone, 'article')} not begun; withdrew {withdrawn} with their labels.")


@click.command("give-back")
@click.argument("slug")
@click.option("--annotator", required=True, metavar="A", help="Whose withdrawn work.")
@click.option("--document", required=True, metavar="D", help="On which article.")
@click.option("--round", "round_name", metavar="R", help="In which round; default the newest where it is withdrawn.")
@click.pass_obj
def give_back(settings: Settings, slug: str, annotator: str, document: str, round_name: str | None) -> None:
    """Give withdrawn work back: it is open again, and its labels count."""
    with console.opened(settings) as db:
        round = withdrawing.give_back(db, OPERATOR, slug, annotator, document, round_name)
    click.echo(f"{document} is open again for {annotator} in round {round}.")


@click.command()
@click.argument("slug")
@console.as_json
@click.pass_obj
def events(settings: Settings, slug: str, as_json: bool) -> None:
    """Who changed what and when, oldest first."""
    with console.opened(settings) as db:
        rows = list(reporting.all_events(db, OPERATOR, slug))
    if as_json:
        console.print_json(rows)
    else:
        console.print_table(rows, "Nothing has happened yet.")


COMMANDS = (project, round_group, speaker, assign, unassign, give_back, events)

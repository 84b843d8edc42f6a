"""The agreement report as one HTML file that needs nothing else: no server, no sheet, no script."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from webapp.places import place


def file_of(title: str, view: Mapping[str, Any]) -> str:
    """A view of report_html as a whole document; of a table or of a bundle."""
    environment = Environment(loader=FileSystemLoader(place("templates")), autoescape=True)
    part = "agreement/_report.html" if "stages" in view else "agreement/_table.html"
    return environment.get_template("agreement/file.html").render(title=title, view=view, part=part, style=_style())


def _style() -> Markup:
    """The program's own sheets but for its fonts, which are files: the reader's own stand in."""
    sheets = [(place("static") / "css" / name).read_text("utf-8") for name in ("app.css", "report.css")]
    lines = [line for sheet in sheets for line in sheet.splitlines() if not line.startswith("@font-face")]
    return Markup("\n".join(lines))  # noqa: S704 - our own files, without a word of anybody else's

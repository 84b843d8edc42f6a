"""Forms of the pages; each checks what can be seen without the database."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DecimalField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput

from webapp.domain.errors import Invalid, NotFound
from webapp.domain.permissions import ADJUDICATOR, ANNOTATOR, CURATOR
from webapp.services.accounts import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD
from webapp.services.releases import LONGEST_NOTE


class SignInForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", [InputRequired("Enter your name.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField(
        "New password",
        [
            InputRequired("Choose a password."),
            Length(
                SHORTEST_PASSWORD,
                LONGEST_PASSWORD,
                f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
            ),
        ],
    )


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField("Present password", [InputRequired("Enter your present password.")])


# ---- the curator's pages ----


class RefusableForm(FlaskForm):  # type: ignore[misc]
    """A form whose last word is a service's: a refusal comes back beside the field that it names."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        form = type(self).__name__.removesuffix("Form").lower()
        for field in self:  # a page may hold several forms
            field.id = f"{form}-{field.short_name}"

    def done_by(self, action: Callable[[], object]) -> bool:
        """Whether the form is fit and `action` took it; if not, the reasons stand in it."""
        if not self.validate():
            return False
        try:
            action()
        except (Invalid, NotFound) as why:
            self.refuse(why)
            return False
        return True

    def refuse(self, why: Invalid | NotFound) -> None:
        field = getattr(why, "field", "")
        if field in self._fields:
            self._fields[field].errors = [why.message]
        else:
            self.form_errors = [why.message]


class _Boxes(SelectMultipleField):
    """Several of some choices, each with a box to tick."""

    option_widget = CheckboxInput()


_ROLES = [SelectChoice(role, role.capitalize()) for role in (ANNOTATOR, ADJUDICATOR, CURATOR)]


class RolesForm(RefusableForm):
    roles = _Boxes("Roles", choices=_ROLES)


class InviteForm(RefusableForm):
    name = StringField("Name", [InputRequired("Enter a name."), Length(max=LONGEST_NAME)])
    roles = _Boxes("Roles", choices=_ROLES, default=[ANNOTATOR])
    known = BooleanField("I mean the person who is known here")


class TakeBackForm(RefusableForm):
    documents = _Boxes("Articles", validate_choice=False)
    everything = BooleanField("All in open rounds")
    with_begun = BooleanField("Begun and finished ones too; their labels are kept as withdrawn, out of agreement")
    reason = StringField("Reason", [Length(max=500, message="A reason has at most 500 characters.")])

    def validate_documents(self, field: SelectMultipleField) -> None:
        if not field.data and not self.everything.data:
            raise ValidationError("Tick at least one article.")


class GiveBackForm(RefusableForm):
    """Which withdrawn work."""

    key = StringField("Person", [InputRequired()])
    document = StringField("Article", [InputRequired()])
    round = StringField("Round", [InputRequired()])


class RoundForm(RefusableForm):
    name = StringField("Name", [InputRequired("Enter a name, such as main or pilot 2.")])


class CloseRoundForm(RefusableForm):
    name = StringField("Round", [InputRequired()])


class AssignForm(RefusableForm):
    round = SelectField("Round", validate_choice=False)
    annotators = _Boxes("Annotators", [InputRequired("Tick at least one annotator.")], validate_choice=False)
    per_document = IntegerField(
        "Annotators for each article",
        [InputRequired("Enter how many."), NumberRange(1, 100, "Enter a whole number from 1.")],
        default=2,
    )
    which = RadioField(
        "Articles",
        choices=[
            SelectChoice("all", "All"),
            SelectChoice("sample", "A random sample"),
            SelectChoice("chosen", "Chosen ones"),
        ],
        default="all",
    )
    sample = DecimalField("Sample, in percent")
    documents = StringField("Ids of chosen articles, a comma between", [Length(max=100_000)])
    seed = IntegerField(
        "Seed",
        [InputRequired("Enter a number."), NumberRange(0, 999_999_999, "Enter a whole number from 0.")],
        default=1,
    )

    def validate_sample(self, field: DecimalField) -> None:
        field.errors = []
        given = field.data
        if self.which.data == "sample" and (given is None or not given.is_finite() or not 0.01 <= given <= 100):
            raise ValidationError("Enter a share from 0.01 to 100, such as 15.")

    def validate_documents(self, field: StringField) -> None:
        if self.which.data == "chosen" and not self.chosen:
            raise ValidationError("Enter at least one id; the list of articles shows them.")

    def offer(self, rounds: list[str], annotators: list[str]) -> None:
        """Choices as they stand in the project."""
        self.round.choices = [SelectChoice(name) for name in rounds]
        self.annotators.choices = [SelectChoice(name) for name in annotators]

    @property
    def chosen(self) -> list[str]:
        return (self.documents.data or "").replace(",", " ").split()

    @property
    def choice(self) -> dict[str, Any]:
        """What `assigning.assign` takes beside the people: all, a share as a fraction, or ids."""
        if self.which.data == "sample":
            return {"share": Fraction(round(self.sample.data or Decimal(), 4)) / 100}
        return {"documents": self.chosen} if self.which.data == "chosen" else {}


class SettingsForm(RefusableForm):
    title = StringField("Title", [InputRequired("Enter a title.")])
    time_zone = StringField("Time zone", [InputRequired("Enter a time zone, such as Europe/Berlin or UTC.")])
    licence = StringField("Licence of the labels", filters=[lambda words: (words or "").strip() or None])
    proposals_on = BooleanField("Propose a speaker for each quotation")
    agreement_open = BooleanField("Annotators may see agreement")
    releases_open = BooleanField("Annotators may see releases")


class SourceForm(RefusableForm):
    """A text file; `source` is what stands in it."""

    file = FileField("File")
    source = ""

    def validate_file(self, field: FileField) -> None:
        if not field.data:
            raise ValidationError("Choose a file.")
        try:
            self.source = field.data.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError("The file is not UTF-8. Save it as UTF-8 and choose it again.") from None


class ProjectForm(SourceForm):
    """A new project; without a file it begins with the scheme of seeds/."""

    title = StringField("Title", [InputRequired("Enter a title.")])
    slug = StringField("Short name", [InputRequired("Enter a short name, such as open-letter.")])
    file = FileField("Label scheme")

    def validate_file(self, field: FileField) -> None:
        if field.data:
            super().validate_file(field)


class VersionForm(SourceForm):
    """A new version of a scheme or a guide; without a round for the rounds to come."""

    round = SelectField("For", validate_choice=False)

    def offer(self, rounds: list[str]) -> None:
        """The open rounds of the project."""
        self.round.choices = [
            SelectChoice("", "The rounds to come"),
            *(SelectChoice(name, f"Round {name}, from now on") for name in rounds),
        ]


class SchemeForm(VersionForm):
    """TOML."""


class GuideForm(VersionForm):
    """Markdown."""


class BundleForm(RefusableForm):
    """A bundle as a zip, or a labels.jsonl."""

    file = FileField("File")

    def validate_file(self, field: FileField) -> None:
        if not field.data:
            raise ValidationError("Choose a file.")


class MergeForm(RefusableForm):
    into = SelectField("Merge into", [InputRequired("Choose a speaker.")], validate_choice=False)

    def offer(self, speakers: list[dict[str, Any]]) -> None:
        """Those that it may go into."""
        self.into.choices = [
            SelectChoice("", "Choose a speaker"),
            *(SelectChoice(one["id"], one["name"]) for one in speakers),
        ]


class ReleaseForm(RefusableForm):
    note = StringField("Note", [Length(max=LONGEST_NOTE, message=f"A note has at most {LONGEST_NOTE:,} characters.")])
    partial = BooleanField("Release what there is; the release says that it is partial")

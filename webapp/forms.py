"""Forms of the pages; each checks what can be seen without the database."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.services.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD


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

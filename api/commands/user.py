"""`run.py user add`: creates an account, such as the first administrator's."""

from __future__ import annotations

import sys
from typing import Any

import click
from pydantic import ValidationError

from api.app import resource_modules
from api.commands.sentences import Misuse, Refusal, Settings, database_option, sentences
from api.rules.accounts import Email, Name, Password, Role, Username, what_is_taken
from api.rules.passwords import choose_cost, hash_password
from api.store import accounts, migrating
from api.store.audit import write_audit
from api.store.database import Database, LostRace
from api.web.fields import Strict


class NewAccount(Strict):
    """A new account."""

    username: Username
    name: Name
    email: Email
    role: Role
    password: Password


@click.group()
def user() -> None:
    """Create accounts: add.

    Example: python run.py user add anna --email anna@example.org --admin
    """


@user.command()
@click.argument("username")
@click.option("--email", required=True, help="E-mail address of the account.")
@click.option("--name", help="Name of the person. Default: the user name.")
@click.option("--admin", is_flag=True, help="Make it an administrator.")
@database_option
@click.pass_obj
def add(settings: Settings, /, username: str, email: str, name: str | None, admin: bool, **flags: Any) -> None:
    """Create the account USERNAME. It asks for the password, or reads it from standard input if that is not a terminal.

    The database is migrated first.

    Example: python run.py user add anna --email anna@example.org --admin
    """
    config = settings(**flags)
    choose_cost(config.touchstone_env)
    role = "admin" if admin else "user"
    sent = {"username": username, "email": email, "name": name or username, "role": role, "password": password()}
    checked = valid(sent)
    password_hash = hash_password(checked.pop("password"))
    database = Database(config.database_url, lock_timeout=config.lock_timeout)
    resource_modules()
    with sentences(config):
        migrating.upgrade(database)
        try:
            make(database, checked, password_hash)
        except LostRace:
            raise Refusal("Another account has just taken this name: choose another.") from None
    click.echo(f"Created {username}, with the role {role}.")


def make(database: Database, checked: dict[str, Any], password_hash: str) -> None:
    """Add the account, unless its name or e-mail address is taken."""
    with database.transaction() as db:
        if holders := accounts.taken(db, username=checked["username"], email=checked["email"]):
            raise Refusal(f"Another account has this {what_is_taken(holders)}: choose another.")
        made = accounts.add_account(db, checked, password_hash)
        write_audit(db, None, "create", f"/users/{made['id']}")


def password() -> str:
    """Ask for a password twice, or read the first line of standard input."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Misuse("The password cannot be used: it is not UTF-8.") from None


def valid(sent: dict[str, Any]) -> dict[str, Any]:
    """Check an account by the rules of registration."""
    try:
        checked: dict[str, Any] = NewAccount(**sent).model_dump()
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise Misuse(f"The {fault['loc'][0]} cannot be used: {fault['msg']}.") from None
    return checked

"""`run.py user add`: creates an account, such as the first administrator's."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

import click

from api.commands.sentences import Misuse, Refusal, Settings, database_option, sentences


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

    from api.app import resource_modules
    from api.commands.accounts import make, valid
    from api.rules.passwords import choose_cost, hash_password
    from api.store import migrating
    from api.store.database import Database, LostRace

    choose_cost(config.touchstone_env)
    role = "admin" if admin else "user"
    sent = {"username": username, "email": email, "name": name or username, "role": role, "password": password()}
    checked = valid(sent)
    password_hash = hash_password(checked.pop("password"))
    resource_modules()
    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        migrating.upgrade(database)
        try:
            make(database, checked, password_hash)
        except LostRace:
            raise Refusal("Another account has just taken this name: choose another.") from None
    click.echo(f"Created {username}, with the role {role}.")


def password() -> str:
    """Ask for a password twice, or read the first line of standard input."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Misuse("The password cannot be used: it is not UTF-8.") from None

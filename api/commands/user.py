"""`run.py user …`: creates, lists, changes and deletes accounts, such as the first administrator's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Misuse, Refusal, Settings, database_option, must_exist, sentences

if TYPE_CHECKING:
    from api.store.database import Database
    from config import Config


@click.group()
def user() -> None:
    """Manage accounts: add, list, passwd, delete.

    Example: python run.py user add anna --email anna@example.org --admin
    """


@user.command()
@click.argument("username")
@click.option("--email", metavar="ADDRESS", required=True, help="E-mail address of the account.")
@click.option("--name", metavar="NAME", help="Name of the person. Default: the user name.")
@click.option("--admin", is_flag=True, help="Make it an administrator.")
@database_option
@click.pass_obj
def add(settings: Settings, /, username: str, email: str, name: str | None, admin: bool, **flags: Any) -> None:
    """Create the account USERNAME.

    It asks for the password, or reads it from standard input if that is not a terminal. The database is migrated first.

    Example: python run.py user add anna --email anna@example.org --admin
    """
    config = settings(**flags)

    from api.commands.accounts import NewAccount, make, valid
    from api.rules.passwords import choose_cost, hash_password
    from api.store.database import LostRace

    choose_cost(config.touchstone_env)
    role = "admin" if admin else "user"
    sent = {"username": username, "email": email, "name": name or username, "role": role, "password": password()}
    checked = valid(NewAccount, sent)
    password_hash = hash_password(checked.pop("password"))
    with opened(config) as database:
        try:
            make(database, checked, password_hash)
        except LostRace:
            raise Refusal("Another account has just taken this name: choose another.") from None
    click.echo(f"Created {username}, with the role {role}.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@database_option
@click.pass_obj
def list_(settings: Settings, /, as_json: bool, **flags: Any) -> None:
    """List the accounts, oldest first.

    Example: python run.py user list --json
    """
    config = settings(**flags)
    must_exist(config)

    from api.commands.accounts import everyone

    with opened(config, migrate=False) as database:
        found = everyone(database)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    width = max((len(each["username"]) for each in found), default=0)
    for each in found:
        click.echo(f"{each['id']:>4}  {each['username']:{width}}  {each['role']:5}  {each['email']}")


@user.command()
@click.argument("username")
@database_option
@click.pass_obj
def passwd(settings: Settings, /, username: str, **flags: Any) -> None:
    """Change the password of USERNAME, and end its tokens and sessions.

    It asks for the password, or reads it from standard input if that is not a terminal. The database is migrated first.

    Example: python run.py user passwd anna
    """
    config = settings(**flags)
    must_exist(config)

    from api.commands.accounts import NewPassword, change_password, is_known, valid
    from api.rules.passwords import choose_cost, hash_password

    choose_cost(config.touchstone_env)
    with opened(config) as database:
        is_known(database, username)
        database.close()  # no connection stays open while a person types
        change_password(database, username, hash_password(valid(NewPassword, {"password": password()})["password"]))
    click.echo(f"Changed the password of {username}, and ended its tokens and sessions.")


@user.command()
@click.argument("username")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
@click.pass_obj
def delete(settings: Settings, /, username: str, yes: bool, **flags: Any) -> None:
    """Delete the account USERNAME, with its drafts, tokens and secrets.

    Its published articles stay, without an author. It asks first. The database is migrated first.

    Example: python run.py user delete anna --yes
    """
    config = settings(**flags)
    if not yes and not sys.stdin.isatty():
        raise Misuse("There is no terminal to ask for confirmation: use --yes.")
    must_exist(config)

    from api.commands.accounts import is_known, remove

    with opened(config) as database:
        is_known(database, username)
        database.close()
        if not yes and not click.confirm(f"Delete {username}, with its drafts, tokens and secrets?", err=True):
            raise Refusal("Nothing was deleted.")
        remove(database, username)
    click.echo(f"Deleted {username}.")


@contextmanager
def opened(config: Config, *, migrate: bool = True) -> Iterator[Database]:
    """Open the database, and migrate it; its errors become a sentence."""
    from api.app import resource_modules
    from api.store import migrating
    from api.store.database import Database

    resource_modules()  # they declare what happens when an account is deleted
    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        if migrate:
            migrating.upgrade(database)
        yield database


def password() -> str:
    """Ask for a password twice, or read the first line of standard input."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Misuse("The password cannot be used: it is not UTF-8.") from None

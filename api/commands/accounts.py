"""What `run.py user` does with accounts, by the rules of the API."""

from typing import Any

from pydantic import BaseModel, ValidationError

from api.commands.sentences import Misuse, Refusal
from api.rules.accounts import Email, Name, Password, Role, Username, what_is_taken
from api.store import accounts
from api.store.accounts import users
from api.store.audit import write_audit
from api.store.database import Connection, Database, LostRace
from api.store.rows import Row, delete_row, read_row, update_row
from api.web.fields import Strict


class NewAccount(Strict):
    """A new account."""

    username: Username
    name: Name
    email: Email
    role: Role
    password: Password


class NewPassword(Strict):
    """A new password of an account."""

    password: Password


def valid(model: type[BaseModel], sent: dict[str, Any]) -> dict[str, Any]:
    """Check members by the rules of registration. Raises Misuse."""
    try:
        checked: dict[str, Any] = model(**sent).model_dump()
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise Misuse(f"The {fault['loc'][0]} cannot be used: {fault['msg']}.") from None
    return checked


def everyone(database: Database) -> list[Row]:
    """Every account, oldest first."""
    with database.reading() as db:
        return accounts.everyone(db)


def make(database: Database, checked: dict[str, Any], password_hash: str) -> None:
    """Add the account, unless its name or e-mail address is taken."""
    with database.transaction() as db:
        if holders := accounts.taken(db, username=checked["username"], email=checked["email"]):
            raise Refusal(f"Another account has this {what_is_taken(holders)}: choose another.")
        made = accounts.add_account(db, checked, password_hash)
        write_audit(db, None, "create", f"/users/{made['id']}")


def is_known(database: Database, username: str) -> None:
    """Refuse a user name that no account has."""
    with database.reading() as db:
        account(db, username)


def account(db: Connection, username: str, *, lock: bool = False) -> Row:
    """The account with this user name, in any case. Raises Refusal if there is none."""
    found = accounts.find_id(db, username)
    row = read_row(db, users, found, lock=lock) if found is not None else None
    if row is None:
        raise Refusal(f"There is no account {username!r}: `run.py user list` shows them.")
    return row


def change_password(database: Database, username: str, password_hash: str) -> None:
    """Set the password of an account, and end its tokens and sessions. It is a new version, as in the API."""
    with database.transaction() as db:
        user = account(db, username, lock=True)
        if update_row(db, users, user, {}) is None:
            raise LostRace
        accounts.set_password(db, user["id"], password_hash)
        write_audit(db, None, "change", f"/users/{user['id']}")


def remove(database: Database, username: str) -> None:
    """Delete an account, with its drafts, tokens and secrets."""
    with database.transaction() as db:
        user = account(db, username, lock=True)
        accounts.leave(db, user["id"])
        if not delete_row(db, users, user):
            raise LostRace
        write_audit(db, None, "delete", f"/users/{user['id']}")

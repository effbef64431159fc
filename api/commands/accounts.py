"""The account that `run.py user add` creates, checked by the rules of registration."""

from typing import Any

from pydantic import ValidationError

from api.commands.sentences import Misuse, Refusal
from api.rules.accounts import Email, Name, Password, Role, Username, what_is_taken
from api.store import accounts
from api.store.audit import write_audit
from api.store.database import Database
from api.web.fields import Strict


class NewAccount(Strict):
    """A new account."""

    username: Username
    name: Name
    email: Email
    role: Role
    password: Password


def valid(sent: dict[str, Any]) -> dict[str, Any]:
    """Check an account by the rules of registration."""
    try:
        checked: dict[str, Any] = NewAccount(**sent).model_dump()
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise Misuse(f"The {fault['loc'][0]} cannot be used: {fault['msg']}.") from None
    return checked


def make(database: Database, checked: dict[str, Any], password_hash: str) -> None:
    """Add the account, unless its name or e-mail address is taken."""
    with database.transaction() as db:
        if holders := accounts.taken(db, username=checked["username"], email=checked["email"]):
            raise Refusal(f"Another account has this {what_is_taken(holders)}: choose another.")
        made = accounts.add_account(db, checked, password_hash)
        write_audit(db, None, "create", f"/users/{made['id']}")

"""The resources `/users`, `/users/<id>` and `/users/me`."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from api.kit import (
    CONDITIONS,
    Account,
    Answer,
    Connection,
    Forbidden,
    InsufficientScope,
    LostRace,
    PatchParser,
    Problem,
    RequestParser,
    Resource,
    Row,
    admin_only,
    answers,
    audited,
    changed,
    changing,
    claim,
    created,
    delete_row,
    found,
    if_match,
    no_parameters,
    owner_only,
    password_only,
    read_row,
    reader,
    reading,
    recall,
    representations,
    services,
    signed_in,
    transaction,
    update_row,
    validators,
)
from api.rules.accounts import what_is_taken
from api.rules.passwords import hash_password
from api.store import accounts
from api.store.accounts import users
from resources.users.table import EVERYTHING, PUBLIC, READ_ONLY, UserChange, UserIn, UserOut, listing

# Otherwise a token with few scopes could create an account with all of them.
APPOINTING = "Giving a role requires user name and password, not a token."
CHANGING = [*CONDITIONS, Forbidden]


class UsernameTaken(Problem):
    """Another account has this user name or this e-mail address, in any case.

    Choose another, or sign in if the account is yours. `existing` is the account
    with this user name; the owner of an e-mail address is not revealed.
    """

    slug, status, title = "username-taken", 409, "User name taken"


class Users(Resource):
    """The accounts."""

    paths = ("/users",)
    noun = "user"
    offers = representations.LIST
    confidential = True
    registration = RequestParser(UserIn, read_only=(*READ_ONLY, "role"))
    appointment = RequestParser(UserIn, read_only=READ_ONLY)

    @answers(200, UserOut, asks=listing.query)
    def get(self) -> Answer:
        """List accounts, newest first."""
        return listing.answer()

    @answers(201, UserOut, takes=registration, keyed=True, refuses=[Forbidden, InsufficientScope, UsernameTaken])
    def post(self) -> Answer:
        """Register an account. A repetition is 409; with the same Idempotency-Key it is replayed."""
        account = reader() if services().settings.registration_open else admin_only()  # 401 403
        by_admin = account is not None and account.is_admin
        parser = self.appointment if by_admin else self.registration
        recall(parser)  # 400 413 415 422, or the stored answer
        sent = parser.parse_args()  # 400 413 415 422
        sent["role"] = sent["role"] or "user"
        if sent["role"] == "admin":
            password_only(APPOINTING)  # 403
        # Before the transaction, because it takes long enough to delay other writes.
        password_hash = hash_password(sent.pop("password"))
        with transaction() as db:
            if account and not accounts.is_unchanged(db, account):
                raise LostRace  # only a current administrator may create one
            claim(db)  # 409 422, or the stored answer
            refuse_taken(db, sent, by_admin=by_admin)  # 409
            user = accounts.add_account(db, sent, password_hash)
            return created(db, UserItem, user, shown=seen_by(account, user), tags=tags(user, account))

    @classmethod
    def offers_form(cls, verb: str, account: Account | None, shown: Mapping[str, Any]) -> bool:
        """Registration is public while it is open."""
        return bool(services().settings.registration_open) or (account is not None and account.is_admin)


class UserItem(Resource):
    """One account."""

    paths = ("/users/<id:user_id>",)
    noun = "user"
    owner = "id"
    confidential = True
    own = RequestParser(UserChange, read_only=(*READ_ONLY, "role"))
    admins = RequestParser(UserChange, read_only=READ_ONLY)
    own_change = PatchParser(UserChange, read_only=(*READ_ONLY, "role"))
    admins_change = PatchParser(UserChange, read_only=READ_ONLY)

    @answers(200, UserOut, asks=listing.member_query)
    def get(self, user_id: int | None = None) -> Answer:
        """Read an account."""
        account = reader() if user_id else signed_in()  # 401
        with reading() as db:
            user = found(read_row(db, users, user_id or signed_in().id))  # 404
        asked = listing.member_query.parse_args()  # 400
        listing.columns(asked, account, user)  # 400
        return (
            listing.member(user, asked, account),
            HTTPStatus.OK,
            {**place(user_id, user), **tags(user, account, asked)},
        )

    @answers(200, UserOut, takes=own, signed_in="users:write", refuses=[*CHANGING, UsernameTaken])
    def put(self, user_id: int | None = None) -> Answer:
        """Replace an account. A password or role that is left out stays unchanged."""
        account = signed_in()
        return write(account, user_id, self.admins if account.is_admin else self.own)

    @answers(200, UserOut, takes=own_change, keyed=True, signed_in="users:write", refuses=[*CHANGING, UsernameTaken])
    def patch(self, user_id: int | None = None) -> Answer:
        """Change a part of an account, by a merge patch or a JSON Patch. An Idempotency-Key makes it safe to repeat."""
        account = signed_in()
        return write(account, user_id, self.admins_change if account.is_admin else self.own_change)

    @answers(204, signed_in="users:write", refuses=CHANGING)
    def delete(self, user_id: int | None = None) -> Answer:
        """Delete an account, with its drafts, tokens and secrets."""
        account = signed_in()
        with transaction() as db:
            user = own_user(db, user_id or account.id, lock=True)  # 404 403
            if_match(user, EVERYTHING)  # 412
            no_parameters()  # 400
            accounts.leave(db, user["id"])
            if not delete_row(db, users, user):
                raise LostRace
            audited(db, "delete", UserItem.place(user["id"]))
        return None, HTTPStatus.NO_CONTENT, {}


class OwnUser(UserItem):
    """Your own account."""

    paths = ("/users/me",)
    noun = "user"

    @answers(200, UserOut, asks=listing.member_query, signed_in=True)
    def get(self, user_id: int | None = None) -> Answer:
        """Read your own account."""
        return super().get()

    @answers(204, signed_in="users:write", refuses=CONDITIONS)
    def delete(self, user_id: int | None = None) -> Answer:
        """Delete your own account, with its drafts, tokens and secrets."""
        return super().delete()


def seen_by(account: Account | None, user: Row) -> Row:
    """The members of the account that the caller may see."""
    return listing.member(user, {}, account)


def tags(user: Row, account: Account | None, asked: Mapping[str, Any] = MappingProxyType({})) -> dict[str, str]:
    """The validators of an account; they depend on the members that the caller may see."""
    members = tuple(seen_by(account, user))
    return validators(user, asked.get("fields", () if members == PUBLIC else members))


def place(user_id: int | None, user: Row) -> dict[str, str]:
    """The Content-Location of an account that was requested as `/users/me`."""
    return {} if user_id else {"Content-Location": UserItem.url(user["id"])}


def own_user(db: Connection, user_id: int, *, lock: bool = False) -> Row:
    """Read an account that the caller may change."""
    user = found(read_row(db, users, user_id, lock=lock))  # 404
    owner_only(user_id)  # 403
    return user


def write(account: Account, user_id: int | None, parser: RequestParser) -> Answer:
    """Write the next version of an account."""
    read = partial(own_user, user_id=user_id or account.id)
    hashes = hashed_password(parser, read)
    with changing(parser, read, EVERYTHING) as (db, user, sent):
        new = {name: value for name, value in sent.items() if value is not None}
        after = change(db, account, user, new, hashes)
        return changed(db, UserItem, after, {**place(user_id, after), "ETag": tags(after, account)["ETag"]})


def hashed_password(parser: RequestParser, read: Callable[[Connection], Row]) -> dict[str, str]:
    """The new password of a request with its hash; nothing for a request without one, or with an invalid body.

    It is hashed before the transaction, because that takes long enough to delay other writes. The transaction parses
    the body again, and refuses it if it is invalid. Raises what `read` and `check_body` raise.
    """
    with reading() as db:
        user = read(db)  # 404 403
    parser.check_body()  # 413 415 400
    password = None
    with suppress(Problem):
        password = parser.parse_args(current=user).get("password")
    return {password: hash_password(password)} if password else {}


def change(db: Connection, account: Account, user: Row, sent: Row, hashes: Mapping[str, str]) -> Row:
    """Write the change to an account. A new password or role ends the account's tokens.

    Raises LostRace if `hashes` lacks the new password, because the account changed after it was hashed.
    """
    password = sent.pop("password", None)
    if password:
        # Otherwise a token with few scopes could set a password, which gives all scopes.
        password_only("Changing a password requires user name and password, not a token.")  # 403
        if password not in hashes:
            raise LostRace
    if sent.get("role", user["role"]) != user["role"]:
        password_only(APPOINTING)  # 403
        if not accounts.is_unchanged(db, account):
            raise LostRace  # only a current administrator may give a role
    refuse_taken(db, sent, but=user["id"], by_admin=account.is_admin)  # 409
    after = update_row(db, users, user, sent)
    if after is None:
        raise LostRace
    if password:
        accounts.set_password(db, user["id"], hashes[password])
    elif after["role"] != user["role"]:
        accounts.end_tokens(db, user["id"])
    return after


def refuse_taken(db: Connection, sent: Row, *, but: int | None = None, by_admin: bool) -> None:
    """Refuse with 409 a user name or an e-mail address that another account has."""
    holders = accounts.taken(db, username=sent["username"], email=sent["email"], but=but)
    if not holders:
        return
    detail = f"Another account has this {what_is_taken(holders)}."
    told = holders.get("username") or (holders.get("email") if by_admin else None)
    raise UsernameTaken(detail, existing=UserItem.url(told)) if told else UsernameTaken(detail)

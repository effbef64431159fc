"""Bearer tokens: created with user name and password, shown once, revoked by DELETE.

    curl -i http://127.0.0.1:8000/tokens -u john:john -H 'Content-Type: application/json' -d '{}'

A repeated create makes a second token.
"""

from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from api.kit import (
    LEFT_OUT,
    Account,
    Answer,
    Connection,
    Forbidden,
    Invalid,
    InvalidIdempotencyKey,
    Listing,
    LostRace,
    PreconditionFailed,
    RequestParser,
    Resource,
    Row,
    Strict,
    Timestamp,
    answers,
    as_row,
    audited,
    fault,
    found,
    if_match,
    no_parameters,
    password_only,
    queries,
    reading,
    refuse_key,
    representations,
    services,
    signed_in,
    transaction,
)
from api.rules.accounts import SCOPES, Scope
from api.rules.clock import now, timestamp
from api.rules.tokens import new_token, token_digest
from api.store.accounts import is_unchanged, tokens

LIFETIME = timedelta(days=30)


class TokenIn(Strict):
    """The scopes of a new token (default: all of the role), and its expiry (default: in 30 days; at most in a year)."""

    scopes: list[Scope] = LEFT_OUT
    expires_at: Timestamp = LEFT_OUT


class TokenOut(Strict):
    """A token in a list: without its value."""

    id: int
    scopes: list[Scope]
    created_at: Timestamp
    expires_at: Timestamp
    last_used_at: Timestamp | None


class TokenMade(TokenOut):
    """A new token with its value, which is shown only once."""

    token: Annotated[str, Field(pattern="^tst_[A-Za-z0-9_-]{43}$")]


SHOWN = tuple(TokenOut.model_fields)

OWN = tokens.c.user_id == sa.bindparam("account_id")
listing = Listing(
    tokens,
    filters={"created_at": queries.TIME, "expires_at": queries.TIME},
    sortable=("id", "created_at", "expires_at"),
    shown=SHOWN,
)


class Tokens(Resource):
    """Your own tokens."""

    paths = ("/tokens",)
    noun = "token"
    offers = representations.LIST
    caching = "no-store"
    # No `Prefer: return=minimal`: the answer to POST is the only one with the token.
    prefers = False
    asks_password = True
    wish = RequestParser(TokenIn)

    @answers(200, TokenOut, asks=listing.query, signed_in=True)
    def get(self) -> Answer:
        """List your own tokens, newest first, including expired ones."""
        return listing.answer(OWN, account_id=signed_in().id)

    @answers(201, TokenMade, takes=wish, signed_in=True, refuses=[Forbidden, InvalidIdempotencyKey])
    def post(self) -> Answer:
        """Create a token, with user name and password. It is shown only once. Takes no Idempotency-Key."""
        account = signed_in()
        password_only("Creating a token requires user name and password, not another token.")  # 403
        self.wish.check_body()  # 413 415
        refuse_key("A token is shown only once, so the server cannot replay it: send no key.")  # 400
        sent = self.wish.parse_args()  # 400 422
        token, moment = new_token(), now()
        scopes, expires_at = allowed(account, moment, **sent)  # 422
        values = {
            "user_id": account.id,
            "digest": token_digest(token),
            "scopes": scopes,
            "created_at": timestamp(moment),
            "expires_at": expires_at,
        }
        with transaction() as db:
            if not is_unchanged(db, account):
                raise LostRace  # a new password ends all tokens, including those being created with the old one
            made = as_row(tokens, db.execute(tokens.insert().values(**values).returning(*tokens.c)).one())
            audited(db, "create", TokenItem.place(made["id"]))
        return {**listing.member(made, {}), "token": token}, 201, {"Location": TokenItem.url(made["id"])}


class TokenItem(Resource):
    """One token."""

    paths = ("/tokens/<id:token_id>",)
    caching = "no-store"

    @answers(200, TokenOut, asks=listing.member_query, signed_in=True)
    def get(self, token_id: int) -> Answer:
        """Read a token's scopes and expiry."""
        account = signed_in()
        with reading() as db:
            token = own_token(db, account, token_id)  # 404
        return listing.member(token, listing.member_query.parse_args()), 200, {}

    @answers(204, signed_in="tokens:write", refuses=[PreconditionFailed])
    def delete(self, token_id: int) -> Answer:
        """Revoke a token, immediately and permanently."""
        account = signed_in()
        with transaction() as db:
            token = own_token(db, account, token_id)  # 404
            if_match(token)  # 412
            no_parameters()  # 400
            found(db.execute(tokens.delete().where(tokens.c.id == token_id).returning(tokens.c.id)).fetchone())  # 404
            audited(db, "delete", self.place(token_id))
        return None, 204, {}


def own_token(db: Connection, account: Account, token_id: int) -> Row:
    """Read a token of the account; tokens of others are 404 like absent ones."""
    chosen = sa.select(tokens).where(tokens.c.id == token_id, tokens.c.user_id == account.id)
    return as_row(tokens, found(db.execute(chosen).fetchone()))


def allowed(
    account: Account, moment: datetime, scopes: list[str] | None, expires_at: str | None
) -> tuple[list[str], str]:
    """The scopes of a new token, in their fixed order, and its expiry. Raises Invalid with all faults."""
    role = SCOPES[account.role]
    wrong = [
        fault(("scopes", place), "not_a_choice", f"Your role does not allow {scope}.")
        for place, scope in enumerate(scopes or ())
        if scope not in role
    ]
    days: int = services().settings.token_max_days
    latest = moment + timedelta(days=days)
    if expires_at is not None and not timestamp(moment) < expires_at <= timestamp(latest):
        detail = f"This must be in the future, and at most {days} days from now."
        wrong.append(fault(("expires_at",), "out_of_range", detail))
    if wrong:
        raise Invalid(errors=wrong)
    wished = role if scopes is None else [scope for scope in role if scope in scopes]
    return list(wished), expires_at or timestamp(min(moment + LIFETIME, latest))

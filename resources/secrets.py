"""Secrets: named by the client, visible to their owner only.

    curl -i -X PUT http://127.0.0.1:8000/secrets/door -u john:john -H 'Content-Type: application/json' \
      -d '{"value": "sesame"}'

A repeated PUT replaces the secret; with `If-None-Match: *` it is 412.
"""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from api.kit import (
    CONDITIONS,
    Account,
    Answer,
    Connection,
    Id,
    Listing,
    LostRace,
    PreconditionFailed,
    RequestParser,
    Resource,
    Row,
    Strict,
    Text,
    Timestamp,
    answers,
    as_row,
    audited,
    delete_row,
    found,
    if_match,
    insert_row,
    no_parameters,
    queries,
    reading,
    representations,
    resource_table,
    signed_in,
    tag,
    transaction,
    update_row,
    validators,
)

secrets = resource_table(
    "secrets",
    sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("value", Text, nullable=False),
    sa.UniqueConstraint("user_id", "name"),
)


class SecretIn(Strict):
    """A secret in a request."""

    value: Annotated[str, Field(max_length=10_000)]


class SecretOut(Strict):
    """A secret in an answer."""

    name: Annotated[str, Field(pattern="^[A-Za-z0-9._-]{1,64}$")]
    value: Annotated[str, Field(max_length=10_000)]
    version: int
    created_at: Timestamp
    updated_at: Timestamp


SHOWN = tuple(SecretOut.model_fields)

OWN = secrets.c.user_id == sa.bindparam("account_id")
listing = Listing(
    secrets,
    filters={"name": queries.TEXT, "created_at": queries.TIME, "updated_at": queries.TIME},
    sortable=("name", "created_at", "updated_at"),
    default="name",
    shown=SHOWN,
)


class Secrets(Resource):
    """Your own secrets."""

    paths = ("/secrets",)
    noun = "secret"
    offers = representations.LIST
    caching = "no-store"

    @answers(200, SecretOut, asks=listing.query, signed_in="secrets:read")
    def get(self) -> Answer:
        """List your own secrets, by name."""
        return listing.answer(OWN, account_id=signed_in().id)


class SecretItem(Resource):
    """One of your own secrets."""

    paths = ("/secrets/<name:secret_name>",)
    caching = "no-store"
    content = RequestParser(SecretIn, read_only=[name for name in SHOWN if name != "value"])

    @answers(200, SecretOut, asks=listing.member_query, signed_in="secrets:read", refuses=[PreconditionFailed])
    def get(self, secret_name: str) -> Answer:
        """Read a secret."""
        account = signed_in()
        with reading() as db:
            secret = found(own_secret(db, account, secret_name))  # 404
        asked = listing.member_query.parse_args()  # 400
        return listing.member(secret, asked), 200, validators(secret, asked.get("fields", ()))

    @answers(201, SecretOut, takes=content, signed_in="secrets:write", refuses=CONDITIONS, also=[204])
    def put(self, secret_name: str) -> Answer:
        """Create a secret with this name (201), or replace it (204)."""
        account = signed_in()
        self.content.check_body()  # 413 415
        with transaction() as db:
            before = own_secret(db, account, secret_name, lock=True)
            if_match(before)  # 412
            sent = self.content.parse_args(current=before or {"name": secret_name})  # 400 422
            if before is None:
                made = insert_row(db, secrets, {**sent, "user_id": account.id, "name": secret_name})
            elif update_row(db, secrets, before, sent) is None:
                raise LostRace
            audited(db, "replace" if before else "create", self.place(secret_name))
        if before:
            return None, 204, {}
        made["edition"] = made["id"]
        return listing.member(made, {}), 201, {"Location": self.url(secret_name), "ETag": tag(made)}

    @answers(204, signed_in="secrets:write", refuses=CONDITIONS)
    def delete(self, secret_name: str) -> Answer:
        """Delete a secret."""
        account = signed_in()
        with transaction() as db:
            secret = found(own_secret(db, account, secret_name, lock=True))  # 404
            if_match(secret)  # 412
            no_parameters()  # 400
            if not delete_row(db, secrets, secret):
                raise LostRace
            audited(db, "delete", self.place(secret_name))
        return None, 204, {}


def own_secret(db: Connection, account: Account, secret_name: str, *, lock: bool = False) -> Row | None:
    """Read a secret of the account by its name; None if it has none."""
    chosen = sa.select(secrets).where(secrets.c.user_id == account.id, secrets.c.name == secret_name)
    secret = db.execute(chosen.with_for_update() if lock else chosen).fetchone()
    # A name can be reused after a DELETE, an id cannot: so the tags of two secrets with one name differ.
    return {**as_row(secrets, secret), "edition": secret.id} if secret else None

"""The models of spaces and snapshots in requests and answers."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.kit import (
    INTEGRAL,
    LEFT_OUT,
    Account,
    Invalid,
    Listing,
    Row,
    Strict,
    Timestamp,
    fault,
    link_prefix,
    queries,
    tag,
)
from api.rules.spaces import DATA, SPACE_ID
from api.store.spaces import SEEDED, expires_at, snapshots, spaces
from resources.spaces.control import store

SpaceId = Annotated[
    str,
    Field(
        pattern=f"^{SPACE_ID}$",
        description="Lower-case letters, digits and hyphens, up to 64, not starting with a hyphen.",
        examples=["checkout-test"],
        json_schema_extra={"x-unique": True},
    ),
]
Source = Annotated[
    str,
    Field(
        pattern=f"^(seeded|empty|{SPACE_ID}@{SPACE_ID})$",
        description="`seeded` (accounts and articles), `empty` (only admin), or a snapshot: `<space>@<snapshot>`.",
    ),
]
IdleMinutes = Annotated[
    int, Field(ge=1, le=525_600, description="Minutes without a request after which the space is deleted."), INTEGRAL
]


Journaled = Annotated[bool, Field(description="Whether the journal has the requests to the space.")]
Bodied = Annotated[bool, Field(description="Whether it has the bodies of messages too; never those of secrets.")]


# What a schema can say of them; `api.rules.own_data` says the rest.
NAMES = {
    "propertyNames": {
        "pattern": "^[A-Za-z0-9_-]{1,64}$",
        "description": "Up to 64 letters, digits, hyphens and underscores.",
    }
}
Collections = Annotated[
    dict[str, Any],
    Field(
        description="Its own data, instead of the example resources: arrays are collections, objects are documents.",
        examples=[{"posts": [{"id": 1, "title": "A post"}]}],
        json_schema_extra=NAMES,
    ),
]


Schemas = Annotated[
    dict[str, Any],
    Field(
        description="A JSON Schema for each of `collections`: their documents must meet it, now and later.",
        examples=[{"posts": {"type": "object", "required": ["title"]}}],
        json_schema_extra=NAMES,
    ),
]


class SpaceChange(Strict):
    """A change of a space."""

    idle_minutes: IdleMinutes
    journal: Journaled
    bodies: Bodied


class SpaceNamed(Strict):
    """A space in a request that names it in the path."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"schemas": ["collections"]}})

    from_: Source = Field(SEEDED, alias="from")
    idle_minutes: IdleMinutes = LEFT_OUT
    journal: Journaled = LEFT_OUT
    bodies: Bodied = False
    collections: Collections = LEFT_OUT
    schemas: Schemas = LEFT_OUT


class SpaceIn(SpaceNamed):
    """A space in a request."""

    id: SpaceId = LEFT_OUT


class SpaceOut(Strict):
    """A space. Its API is at `url`."""

    id: SpaceId
    url: str
    generation: int
    accounts: list[str]
    from_: Source = Field(alias="from")
    bytes: int
    idle_minutes: IdleMinutes
    journal: Journaled
    bodies: Bodied
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    version: int


class SpaceMade(SpaceOut):
    """A new space, with its token: an administrator within the space, who also controls it. It is shown only once."""

    token: Annotated[str, Field(pattern="^tst_[A-Za-z0-9_-]{43}$")]


class SpacePut(SpaceOut):
    """A space in the answer to PUT; with its token if it is new."""

    token: Annotated[str, Field(pattern="^tst_[A-Za-z0-9_-]{43}$")] = LEFT_OUT


class SnapshotOut(Strict):
    """A snapshot of a space."""

    name: SpaceId
    generation: int
    bytes: int
    created_at: Timestamp


SHOWN = (
    "id",
    "url",
    "generation",
    "accounts",
    "from",
    "bytes",
    "idle_minutes",
    "journal",
    "bodies",
    "created_at",
    "last_used_at",
    "expires_at",
    "version",
)


def shown_space(row: Row) -> Row:
    """A space as clients see it."""
    computed = {
        "url": f"{link_prefix()}{DATA}/{row['id']}",
        "bytes": store().files.size(row["file"]),
        "expires_at": expires_at(row["last_used_at"], row["idle_minutes"]),
        "journal": row["journal"] and store().journal is not None,
    }
    return {name: computed[name] if name in computed else row[name] for name in SHOWN}


def shown_snapshot(row: Row) -> Row:
    """A snapshot as clients see it."""
    return {
        "name": row["name"],
        "generation": row["generation"],
        "bytes": store().files.size(row["file"]),
        "created_at": row["created_at"],
    }


def tags(row: Row, shown: Row) -> dict[str, str]:
    """The tag of a space: its version, and what changes without one."""
    return {"ETag": tag(row, (str(shown["bytes"]), shown["last_used_at"]))}


def check_journal(sent: dict[str, Any]) -> None:
    """Raise Invalid (422) for a space that shall keep a journal on a server that keeps none."""
    if sent["journal"] and store().journal is None:
        raise Invalid(errors=[fault(["journal"], "not_here", "This server keeps no journal (setting JOURNAL).")])


class SpaceListing(Listing):
    """The list of spaces."""

    def member(self, row: Row, asked: Any, account: Account | None = None) -> Row:
        """One space, or the part of it that `fields` asks for."""
        shown = shown_space(row)
        return {name: shown[name] for name in asked.get("fields", self.shown)}


listing = SpaceListing(
    spaces,
    filters={"from": queries.TEXT, "created_at": queries.TIME, "last_used_at": queries.TIME},
    sortable=("id", "created_at", "last_used_at"),
    default="-created_at",
    shown=SHOWN,
)


class SnapshotListing(Listing):
    """The list of the snapshots of a space."""

    def member(self, row: Row, asked: Any, account: Account | None = None) -> Row:
        """One snapshot, or the part of it that `fields` asks for."""
        shown = shown_snapshot(row)
        return {name: shown[name] for name in asked.get("fields", self.shown)}


snapshot_listing = SnapshotListing(
    snapshots,
    filters={"name": queries.TEXT, "created_at": queries.TIME},
    sortable=("name", "created_at"),
    default="name",
    shown=tuple(SnapshotOut.model_fields),
)

"""Who may control a space, and the base of the resources that do."""

from api.kit import (
    Connection,
    Forbidden,
    NotFound,
    NotImplementedHere,
    Resource,
    Row,
    admin_only,
    current_request,
    found,
    services,
    signed_in,
)
from api.rules import environ_keys
from api.rules.spaces import ROOT, is_own_origin
from api.store.space_changes import read_space
from api.store.spaces import Spaces


class ControlResource(Resource):
    """The base of resources that control spaces: they change the registry, and do not exist within spaces."""

    in_registry = True
    in_spaces = False


def store() -> Spaces:
    """The spaces of this server."""
    there = services().spaces
    assert there  # noqa: S101  # without spaces, these resources do not exist
    return there


def controlled(db: Connection, space_id: str) -> Row:
    """Read a space that the caller may control.

    With SPACES=open, knowing the id is enough. Otherwise the caller must be the account that made it or an
    administrator, or send its token. Raises Unauthenticated, Forbidden, NotFound.
    """
    refuse_foreign_pages()
    request = current_request()
    if services().settings.spaces == "open" or request.controls == space_id:
        return found(read_space(db, space_id))
    if request.controls is not None:
        raise Forbidden("This token controls another space.")
    account = signed_in()
    row = found(read_space(db, space_id))
    if not account.is_admin and row["owner_id"] != account.id:
        raise Forbidden("This space belongs to another account.")
    return row


def controlled_or_root(db: Connection, space_id: str, setting: str) -> None:
    """Check that the caller may control a space, or for `root` the store of the server itself.

    `setting` is the name of the setting that must be `everywhere` for that store: `faults` or `journal`. Raises what
    `controlled` raises.
    """
    if space_id != ROOT:
        controlled(db, space_id)
        return
    refuse_foreign_pages()
    if getattr(services().settings, setting) != "everywhere":
        raise NotFound(f"On this server, only spaces have this (setting {setting.upper()}).")
    if services().settings.spaces != "open":
        admin_only()


def refuse_foreign_pages() -> None:
    """Refuse with 403 the page of another origin: a page that somebody visits must not control spaces."""
    request = current_request()
    origin = request.environ.get("HTTP_ORIGIN")
    settings = services().settings
    if origin and not is_own_origin(origin, request.host, settings.public_url, settings.cors_origins):
        raise Forbidden("A page of another origin sent this. Add the origin to CORS_ORIGINS to allow it.")


def check_front() -> None:
    """Refuse with 501 what only the server of `run.py serve` does: it runs below the application."""
    if environ_keys.FRONT not in current_request().environ:
        raise NotImplementedHere("This needs the server of `run.py serve`.")

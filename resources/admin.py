"""The audit trail: each change with its author, time and request id, newest first.

curl -i http://127.0.0.1:8000/admin/audit -u admin:secret
"""

from api.kit import (
    Answer,
    Forbidden,
    InsufficientScope,
    Listing,
    Resource,
    Strict,
    Timestamp,
    admin_only,
    answers,
    queries,
    representations,
)
from api.store.audit import audit


class AuditEntry(Strict):
    """One change. `user_id` and `username` are null for anonymous changes, `request_id` for changes by a command."""

    id: int
    created_at: Timestamp
    user_id: int | None
    username: str | None
    action: str
    target: str
    request_id: str | None


listing = Listing(
    audit,
    filters={
        "created_at": queries.TIME,
        "user_id": queries.ID,
        "username": queries.TEXT,
        "action": queries.TEXT,
        "target": queries.TEXT,
        "request_id": queries.TEXT,
    },
    sortable=("id", "created_at"),
)


class Audit(Resource):
    """The changes and their authors."""

    paths = ("/admin/audit",)
    noun = "change"
    offers = representations.LIST
    caching = "private, no-cache"

    @answers(200, AuditEntry, asks=listing.query, signed_in=True, refuses=[Forbidden, InsufficientScope])
    def get(self) -> Answer:
        """List changes, newest first."""
        admin_only()  # 401 403
        return listing.answer()

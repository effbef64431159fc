"""The audit trail, as a resource says it: `audited(db, "change", ArticleItem.place(article_id))`."""

from api.store.audit import write_audit
from api.store.database import Connection
from api.web.request import current_request


def audited(db: Connection, action: str, target: str) -> None:
    """Write who does this, in the transaction that does it; `target` is the path of what is changed."""
    request = current_request()
    write_audit(db, request.account, action, target, request.request_id)

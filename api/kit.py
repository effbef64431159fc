"""Everything that a resource file needs, in one module.

    from api.kit import Listing, RequestParser, Resource, Strict, answers, created, once, queries, resource_table

- the class: `Resource`, `answers`, `Answer`; its `offers` are in `representations`
- models: `Strict`, `Stored`, `Timestamp`, `RowId`, `INTEGRAL`, `LEFT_OUT`
- tables: `resource_table`, `Id`, `Text`, `Json`, `Moment`; `Loader` for `run.py load`
- rows: `Row`, `names`, `as_row`, `insert_row`, `read_row`, `update_row`, `delete_row`
- parsers: `RequestParser`, `PatchParser`, `UploadParser`, `no_parameters`, `fault`
- lists: `Listing`, the kinds of filters in `queries`, `SearchIndex`
- the caller: `Account`, `reader`, `signed_in`, `admin_only`, `owner_only`, `password_only`
- the database: `reading`, `transaction`, `Connection`, `LostRace`
- the usual steps of a method: `once`, `created`, `changing`, `changed`, `shown`; the single ones: `found`, `if_match`,
  `tag`, `validators`, `audited`, `recall`, `claim`, `keep`, `refuse_key`
- refusals: every problem of the catalogue; `CONDITIONS`
- the toolbox: `Compat`, the class of its resources, which import it from `api.web.compat` (its docstring says why)
- the request: `current_request`; settings and other services: `services`; the start of links: `link_prefix`

Each name is documented where it is defined.
"""

from api.rules.accounts import Account
from api.rules.problems import (
    Conflict,
    ContentTooLarge,
    DigestMismatch,
    Forbidden,
    HeaderFieldsTooLarge,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InsufficientScope,
    InsufficientStorage,
    InternalError,
    Invalid,
    InvalidCursor,
    InvalidHeader,
    InvalidHost,
    InvalidIdempotencyKey,
    InvalidParameter,
    InvalidToken,
    LengthRequired,
    MalformedBody,
    MalformedJson,
    MethodNotAllowed,
    NoSuchSpace,
    NotAcceptable,
    NotFound,
    NotImplementedHere,
    PatchConflict,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    RangeNotSatisfiable,
    RateLimited,
    RequestTimeout,
    Unauthenticated,
    Unavailable,
    UnsupportedEncoding,
    UnsupportedMediaType,
    UriTooLong,
)
from api.store.columns import Id, Json, Moment, Text, resource_table
from api.store.database import Connection, LostRace
from api.store.loading import Loader
from api.store.rows import Row, as_row, delete_row, insert_row, names, read_row, update_row
from api.store.search import SearchIndex
from api.web import queries, representations
from api.web.auth import admin_only, owner_only, password_only, reader, signed_in
from api.web.compat import Compat
from api.web.declared import Answer, answers
from api.web.fields import INTEGRAL, LEFT_OUT, RowId, Stored, Strict, Timestamp
from api.web.idempotency import claim, keep, recall, refuse_key
from api.web.lists import Listing
from api.web.parsers import RequestParser, fault
from api.web.patching import PatchParser
from api.web.preconditions import CONDITIONS, if_match, tag, validators
from api.web.request import current_request, no_parameters, services
from api.web.resource import Resource, found, link_prefix
from api.web.steps import changed, changing, created, once, shown
from api.web.storage import audited, reading, transaction
from api.web.uploads import UploadParser

__all__ = [
    "CONDITIONS",
    "INTEGRAL",
    "LEFT_OUT",
    "Account",
    "Answer",
    "Compat",
    "Conflict",
    "Connection",
    "ContentTooLarge",
    "DigestMismatch",
    "Forbidden",
    "HeaderFieldsTooLarge",
    "Id",
    "IdempotencyInProgress",
    "IdempotencyKeyReused",
    "InsufficientScope",
    "InsufficientStorage",
    "InternalError",
    "Invalid",
    "InvalidCursor",
    "InvalidHeader",
    "InvalidHost",
    "InvalidIdempotencyKey",
    "InvalidParameter",
    "InvalidToken",
    "Json",
    "LengthRequired",
    "Listing",
    "Loader",
    "LostRace",
    "MalformedBody",
    "MalformedJson",
    "MethodNotAllowed",
    "Moment",
    "NoSuchSpace",
    "NotAcceptable",
    "NotFound",
    "NotImplementedHere",
    "PatchConflict",
    "PatchParser",
    "PreconditionFailed",
    "PreconditionRequired",
    "Problem",
    "RangeNotSatisfiable",
    "RateLimited",
    "RequestParser",
    "RequestTimeout",
    "Resource",
    "Row",
    "RowId",
    "SearchIndex",
    "Stored",
    "Strict",
    "Text",
    "Timestamp",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedEncoding",
    "UnsupportedMediaType",
    "UploadParser",
    "UriTooLong",
    "admin_only",
    "answers",
    "as_row",
    "audited",
    "changed",
    "changing",
    "claim",
    "created",
    "current_request",
    "delete_row",
    "fault",
    "found",
    "if_match",
    "insert_row",
    "keep",
    "link_prefix",
    "names",
    "no_parameters",
    "once",
    "owner_only",
    "password_only",
    "queries",
    "read_row",
    "reader",
    "reading",
    "recall",
    "refuse_key",
    "representations",
    "resource_table",
    "services",
    "shown",
    "signed_in",
    "tag",
    "transaction",
    "update_row",
    "validators",
]

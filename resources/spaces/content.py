"""The resources `/spaces/<id>/seed` and `/spaces/<id>/dump`: rows into a space, and out of it.

In a space with own collections, the rows are its documents.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO

from api.kit import (
    Answer,
    Connection,
    Forbidden,
    InsufficientStorage,
    Invalid,
    Row,
    Strict,
    UploadParser,
    answers,
    audited,
    claim,
    current_request,
    fault,
    keep,
    no_parameters,
    reading,
    recall,
    services,
    transaction,
)
from api.rules import environ_keys
from api.rules.media import JSON
from api.rules.own_data import Collection
from api.rules.own_options import DataFault
from api.store.documents import dumped
from api.store.files import CSV, NDJSON, dump, load
from api.store.loading import Loaded as Report
from api.store.loading import LoadFault
from api.web.representations import to_json
from resources.spaces.control import ControlResource, controlled, store


class Loaded(Strict):
    """Rows by table: those that were loaded, and those that were there already with equal members."""

    rows: dict[str, int]
    same: dict[str, int]


class SpaceSeed(ControlResource):
    """Rows for a space."""

    paths = ("/spaces/<space:space_id>/seed",)
    noun = "seed"
    prefers = False
    for_examples = True
    upload = UploadParser(
        {JSON: "max_body", NDJSON: "max_body", CSV: "max_body"},
        samples={
            NDJSON: '{"title": "A title", "body": "A body"}\n',
            CSV: "title,body\r\nA title,A body\r\n",
            JSON: '{"articles": [{"title": "A title", "body": "A body"}]}',
        },
    )

    @answers(200, Loaded, takes=upload, keyed=True, refuses=[Forbidden, InsufficientStorage, Invalid])
    def post(self, space_id: str) -> Answer:
        """Load rows, as `run.py load` does: all of them, or none."""
        return self.seed(space_id)

    def seed(self, space_id: str) -> Answer:
        """Load the `upload` of the request into a space. Raises what `post` refuses with."""
        with reading() as db:
            space = controlled(db, space_id)  # 403 404
        with using(space["file"]):
            recall(self.upload)  # 400 411 413 415 422, or the stored answer
            sent = self.upload.receive()  # 400 411 413 415
            with transaction() as db:
                claim(db)  # 409 422, or the stored answer
                sent.file.seek(0)
                report = loaded(db, space, sent.file, sent.media_type.essence)
                audited(db, "seed", self.place(space_id))
                shown = {"rows": plain(report.rows), "same": plain(report.same)}
                return keep(db, (shown, HTTPStatus.OK, {}))


def document_seed(own: Sequence[Collection]) -> type[SpaceSeed]:
    """The seed of spaces on a server with these collections. It takes JSON only, which names them."""
    sample: dict[str, list[str]] = {each.name: [] for each in own if not each.single}
    takes = UploadParser({JSON: "max_body"}, samples={JSON: json.dumps(sample)})

    class DocumentSeed(SpaceSeed):
        """Documents for a space."""

        upload = takes
        for_examples = False

        @answers(200, Loaded, takes=takes, keyed=True, refuses=[Forbidden, InsufficientStorage, Invalid])
        def post(self, space_id: str) -> Answer:
            """Load documents, as they are in a dump: all of them, or none."""
            return self.seed(space_id)

    return DocumentSeed


class SpaceDump(ControlResource):
    """The rows of a space."""

    paths = ("/spaces/<space:space_id>/dump",)
    noun = "dump"
    offers = {JSON: to_json}

    @answers(200, dict, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """Read all rows that a seed takes: no passwords, tokens or secrets."""
        with reading() as db:
            space = controlled(db, space_id)  # 403 404
        no_parameters()  # 400
        with using(space["file"]), reading() as db:
            if space["structure"]:
                return dict(dumped(db)), HTTPStatus.OK, {}
            return dump(db, services().loaders), HTTPStatus.OK, {}


def loaded(db: Connection, space: Row, file: IO[bytes], kind: str) -> Report:
    """Load content of this media type into a space. Raises Invalid (422) with the place of the fault."""
    try:
        if space["structure"]:
            if kind != JSON:
                raise LoadFault("CSV and NDJSON do not name a collection: send a JSON object with a member for each.")
            return store().data.add(db, file.read())
        report, unknown = load(db, services().loaders, file, kind)
    except DataFault as error:
        raise Invalid(errors=[fault(error.path, "bad_row", str(error))]) from None
    except LoadFault as error:
        raise Invalid(errors=[fault([], "bad_row", str(error))]) from None
    if unknown:
        raise Invalid(errors=[fault([], "unknown", f"There is no collection {', '.join(unknown)}.")])
    return report


def plain(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by plain names: orjson refuses SQLAlchemy's subclass of `str`."""
    return {str(name): count for name, count in counts.items()}


@contextmanager
def using(file: str) -> Iterator[None]:
    """Let transactions be those of a space's store."""
    environ, spaces = current_request().environ, store()
    leased = spaces.open_stores.lease(file)
    environ[environ_keys.STORE] = leased.database
    try:
        yield
    finally:
        environ[environ_keys.STORE] = spaces.registry
        spaces.open_stores.release(leased)

"""The resources of an object of the data: `/profile`."""

from http import HTTPStatus
from typing import Any

from api.describe.names import words
from api.kit import (
    CONDITIONS,
    Answer,
    Connection,
    LostRace,
    PatchParser,
    RequestParser,
    Resource,
    answers,
    audited,
    found,
    keep,
    no_parameters,
    once,
    reading,
    validators,
)
from api.rules.own_data import Document
from api.rules.own_options import OPEN, SIGNED_IN, TOUCHSTONE
from api.rules.patches import merge_patch, shallow_merge
from api.store.documents import Stored, read_document, update_document
from resources.collections.items import SCOPE, rewritten
from resources.collections.kinds import Kind
from resources.collections.models import sent_model, shown_model


def singleton(kind: Kind) -> type[Resource]:
    """The resource of a single document."""
    name, options = kind.name, kind.options
    reads: Any = options.access == SIGNED_IN
    writes: Any = False if options.access == OPEN else SCOPE
    shown = shown_model(kind.collection, f"{words(name)}Out", "")
    model = sent_model(kind.collection, f"{words(name)}In", (), "")
    replacement = RequestParser(model)
    change = PatchParser(model, plain=merge_patch if options.style == TOUCHSTONE else shallow_merge)

    def read(db: Connection, *, lock: bool = False) -> Stored:
        return found(read_document(db, name, "", lock=lock))  # 404

    def replaced(db: Connection, body: Document) -> Stored:
        after = update_document(db, name, read(db, lock=True), body)
        if after is None:
            raise LostRace
        return after

    class Singleton(Resource):
        paths = (f"/{name}",)
        noun = name

        @answers(200, shown, signed_in=reads)
        def get(self) -> Answer:
            """Read the document."""
            with reading() as db:
                stored = read(db)
            no_parameters()  # 400
            return stored.body, HTTPStatus.OK, validators(stored.row)

        @answers(200, shown, takes=replacement, signed_in=writes, refuses=CONDITIONS)
        def put(self) -> Answer:
            """Replace the document."""
            return self.write(replacement)

        if options.style != TOUCHSTONE:

            @answers(201, shown, takes=replacement, keyed=True, signed_in=writes)
            def post(self) -> Answer:
                """Replace the document, as PUT does."""
                with once(replacement) as (db, sent):
                    after = replaced(db, sent)
                    audited(db, "replace", self.place())
                    return keep(db, (after.body, HTTPStatus.CREATED, {"Location": self.url(), **validators(after.row)}))

        @answers(200, shown, takes=change, keyed=True, signed_in=writes, refuses=CONDITIONS)
        def patch(self) -> Answer:
            """Change a part of the document, by a merge patch or a JSON Patch."""
            return self.write(change)

        def write(self, parser: RequestParser) -> Answer:
            """Write the next version of the document."""
            return rewritten(kind, parser, read, self.place())

    Singleton.__doc__ = f"The document {name}."
    return Singleton

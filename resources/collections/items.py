"""The resources of one collection: `/posts`, `/posts/<id>`, and `/posts/<id>/comments` for each relation."""

from functools import partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

from api.describe.names import words
from api.kit import (
    CONDITIONS,
    Answer,
    Conflict,
    Connection,
    InsufficientStorage,
    Invalid,
    LostRace,
    PatchParser,
    RequestParser,
    Resource,
    answers,
    audited,
    claim,
    created,
    current_request,
    fault,
    found,
    if_match,
    keep,
    once,
    reading,
    recall,
    representations,
    tag,
    transaction,
    validators,
)
from api.rules.own_data import MOST_DOCUMENTS, NUMBER, TEXT, Document, Relation, drawn_id, id_text, kind_of_id, singular
from api.rules.own_options import OPEN, SIGNED_IN, TOUCHSTONE
from api.rules.patches import merge_patch, shallow_merge
from api.rules.strict_json import INTEGER_LIMIT
from api.store.documents import (
    Stored,
    count_documents,
    delete_document,
    insert_document,
    lock_counters,
    read_document,
    update_document,
)
from resources.collections.kinds import Kind, children_of, stored_children
from resources.collections.lists import BARE, list_answer, read_list
from resources.collections.models import sent_model, shown_model
from resources.collections.queries import CollectionQuery, DependentQuery, RelationQuery

SCOPE = "documents:write"


def insert(db: Connection, kind: Kind, sent: Document) -> Stored:
    """Insert a document, with its own id or a new one. Raises Conflict for an id that is taken, and Invalid."""
    counters = found(lock_counters(db, kind.name))
    id_member = kind.options.id_member
    if counters.last_position >= MOST_DOCUMENTS and count_documents(db, kind.name) >= MOST_DOCUMENTS:
        raise InsufficientStorage(f"{kind.name} has {MOST_DOCUMENTS:,} documents: delete some.")
    given = sent.get(id_member)
    if given in (None, ""):  # as json-server has it
        given = drawn_id() if counters.ids == TEXT else counters.last_number + 1
        if isinstance(given, int) and given > INTEGER_LIMIT:
            raise Conflict(f"There is no number above {INTEGER_LIMIT} for a new id: send one.")
    text = id_text(given)
    if text is None:
        wrong = fault([id_member], "wrong_form", "An id is a whole number, or a text without `/`.")
        raise Invalid(errors=[wrong])
    if read_document(db, kind.name, text):
        raise Conflict(f"There is a document {text:.80} in {kind.name} already.")
    own = kind_of_id(given)
    if counters.ids not in ("", own):
        raise Invalid(errors=[fault([id_member], "wrong_type", f"The ids in {kind.name} are {counters.ids}s.")])
    counters = counters._replace(
        ids=own,
        last_number=max(counters.last_number, int(text)) if own == NUMBER else counters.last_number,
        last_position=counters.last_position + 1,
    )
    return insert_document(db, kind.name, text, {id_member: given} | sent | {id_member: given}, counters)


class ReadStored(Protocol):
    """Reads the document that a method changes."""

    def __call__(self, db: Connection, *, lock: bool = False) -> Stored:
        """Return the document, locked for a change if asked. Raises NotFound."""


class DocumentResource(Resource):
    """The base of the resources of documents: paths with ids of any characters."""

    @classmethod
    def place(cls, *ids: Any) -> str:
        """Return the path of this resource for these ids."""
        return super().place(*(quote(str(each), safe="~:@!$&'()*+,;=") for each in ids))


def resources_of(kind: Kind) -> list[type[Resource]]:
    """The resources of a collection of documents."""
    options, collection, name = kind.options, kind.collection, kind.name
    id_member, ours = options.id_member, options.style == TOUCHSTONE
    subject, one = words(singular(name)), singular(name)
    reads: Any = options.access == SIGNED_IN
    writes: Any = False if options.access == OPEN else SCOPE
    draft = RequestParser(sent_model(collection, f"{subject}In", (), id_member))
    shown = shown_model(collection, f"{subject}Out", id_member)
    replacement_model = sent_model(collection, f"{subject}Change", [id_member], id_member)
    replacement = RequestParser(replacement_model, read_only=[id_member])
    change = PatchParser(replacement_model, read_only=[id_member], plain=merge_patch if ours else shallow_merge)
    query, relation_query, dependent = CollectionQuery(kind), RelationQuery(kind), DependentQuery(kind)
    making = [Conflict, InsufficientStorage]

    def read(db: Connection, *, lock: bool = False, document_id: str) -> Stored:
        return found(read_document(db, name, document_id, lock=lock))  # 404

    class Items(DocumentResource):
        paths = (f"/{name}",)
        noun = one
        offers = representations.LIST if ours else BARE
        bare = not ours

        @answers(200, shown, asks=query, signed_in=reads)
        def get(self) -> Answer:
            """List documents, in the order of the data."""
            return read_list(kind, query)

        @answers(201, shown, takes=draft, keyed=True, signed_in=writes, refuses=making)
        def post(self) -> Answer:
            """Create a document. Without an id it gets the next number, or a random text beside other texts."""
            with once(draft) as (db, sent):
                stored = insert(db, kind, sent)
                return created(db, Item, {"id": stored.id}, shown=stored.body, tags=validators(stored.row))

    class Item(DocumentResource):
        paths = (f"/{name}/<document:document_id>",)
        noun = one

        @answers(200, shown, asks=relation_query, signed_in=reads)
        def get(self, document_id: str) -> Answer:
            """Read a document."""
            with reading() as db:
                stored = read(db, document_id=document_id)
                asked = relation_query.parse_args()  # 400
                document = kind.with_related(db, [stored.body], asked["query"])[0]
            if fields := asked["fields"]:
                relation_query.check_fields(fields, document)  # 400
                document = {member: document[member] for member in fields if member in document}
            if document == stored.body:
                return document, HTTPStatus.OK, validators(stored.row)
            return document, HTTPStatus.OK, {}

        @answers(200, shown, takes=replacement, signed_in=writes, refuses=CONDITIONS)
        def put(self, document_id: str) -> Answer:
            """Replace a document. Its id stays."""
            return self.write(document_id, replacement)

        @answers(200, shown, takes=change, keyed=True, signed_in=writes, refuses=CONDITIONS)
        def patch(self, document_id: str) -> Answer:
            """Change a part of a document, by a merge patch or a JSON Patch."""
            return self.write(document_id, change)

        def write(self, document_id: str, parser: RequestParser) -> Answer:
            """Write the next version of a document."""
            return rewritten(kind, parser, partial(read, document_id=document_id), Item.place(document_id))

        @answers(204 if ours else 200, None if ours else dict, asks=dependent, signed_in=writes, refuses=CONDITIONS)
        def delete(self, document_id: str) -> Answer:
            """Delete a document, and those that name it; with `_dependent`, only those of these collections."""
            with transaction() as db:
                seen = read(db, lock=True, document_id=document_id)  # 404
                if_match(seen.row)  # 412
                children = dependent.parse_args()["children"]  # 400
                deleting(db, kind, seen, children)
                audited(db, "delete", Item.place(seen.id))
            if ours:
                return None, HTTPStatus.NO_CONTENT, {}
            # Without the word of json-server 1.0, as 0.17 answers.
            return ({} if children is None else seen.body), HTTPStatus.OK, {}

    Items.__doc__, Item.__doc__ = f"The documents of {name}.", f"One document of {name}."
    return [Items, Item]


def rewritten(kind: Kind, parser: RequestParser, read: ReadStored, place: str) -> Answer:
    """Write the next version of a document, and answer with it. `place` is its path, for the audit.

    The same steps as `changing` and `changed` of `api.kit`, for documents instead of rows. Raises what those raise.
    """
    recall(parser, before=read)
    with transaction() as db:
        claim(db)
        seen = read(db, lock=True)  # 404
        parser.check_body()  # 411 413 415
        if_match(seen.row)  # 412
        body = parser.parse_args(current=seen.body)  # 400 409 422
        if not kind.collection.single:
            body = {kind.options.id_member: seen.body[kind.options.id_member], **body}
        after = update_document(db, kind.name, seen, body)
        if after is None:
            raise LostRace
        audited(db, "replace" if current_request().method == "PUT" else "change", place)
        return keep(db, (after.body, HTTPStatus.OK, {"ETag": tag(after.row)}))


def deleting(db: Connection, kind: Kind, seen: Stored, children: list[str] | None) -> None:
    """Delete a document, and what names it in the collections `children`.

    None: in our style nothing else changes; in json-server's, all that names it is deleted, as 0.17 does. If there is a
    list, the others that name it name nothing then, as in 1.0.
    """
    ours = kind.options.style == TOUCHSTONE
    for relation in kind.relations_of_parent:
        deletes = not ours if children is None else relation.child.name in children
        if not deletes and (ours or children is None):
            continue
        for child in stored_children(db, relation, seen.id):
            if relation.child is relation.parent and child.id == seen.id:
                continue
            if deletes:
                kept = delete_document(db, relation.child.name, child)
            else:
                kept = update_document(db, relation.child.name, child, {**child.body, relation.key: None}) is not None
            if not kept:
                raise LostRace
    if not delete_document(db, kind.name, seen):
        raise LostRace


def nested(parent: Kind, child: Kind, relation: Relation, item: type[Resource]) -> type[Resource]:
    """The resource `/posts/<id>/comments`. `item` is the resource of one child."""
    options, id_member = parent.options, parent.options.id_member
    ours, subject = options.style == TOUCHSTONE, words(relation.word)
    reads: Any = options.access == SIGNED_IN
    writes: Any = False if options.access == OPEN else SCOPE
    child_subject = words(singular(child.name))
    draft = RequestParser(sent_model(child.collection, f"{subject}{child_subject}In", [relation.key], id_member))
    shown = shown_model(child.collection, f"{child_subject}Out", id_member)
    query = CollectionQuery(child)

    class Children(DocumentResource):
        paths = (f"/{parent.name}/<document:document_id>/{child.name}",)
        noun = singular(child.name)
        offers = representations.LIST if ours else BARE
        bare = not ours

        @answers(200, shown, asks=query, signed_in=reads)
        def get(self, document_id: str) -> Answer:
            """List the documents that name this one."""
            with reading() as db:
                if ours:
                    found(read_document(db, parent.name, document_id))  # 404
                asked = query.parse_args()  # 400
                return list_answer(child, query, asked, children_of(db, relation, document_id), db)

        @answers(201, shown, takes=draft, keyed=True, signed_in=writes, refuses=[Conflict, InsufficientStorage])
        def post(self, document_id: str) -> Answer:
            """Create a document that names this one."""

            def there(db: Connection) -> Stored:
                return found(read_document(db, parent.name, document_id))  # 404

            with reading() as db:
                there(db)
            with once(draft) as (db, sent):
                owner = there(db)
                stored = insert(db, child, {**sent, relation.key: owner.body[id_member]})
                return created(db, item, {"id": stored.id}, shown=stored.body, tags=validators(stored.row))

    Children.__doc__ = f"The documents of {child.name} that name one of {parent.name}."
    Children.__name__ = f"{subject}{child_subject}"
    return Children

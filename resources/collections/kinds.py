"""A collection as it is served: its options and its relations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.kit import Connection, InvalidParameter
from api.rules.document_queries import Query
from api.rules.own_data import Collection, Document, Relation, id_text
from api.rules.own_options import Options
from api.store.documents import Scanned, Stored, read_all, read_document, scan


@dataclass(frozen=True, slots=True)
class Kind:
    """A collection, the options of the server, and its relations to parents and to children."""

    collection: Collection
    options: Options
    relations: tuple[Relation, ...] = ()

    @property
    def name(self) -> str:
        """The name of the collection, which is its path too."""
        return self.collection.name

    @property
    def relations_of_parent(self) -> list[Relation]:
        """The relations in which its documents are the parents."""
        return [each for each in self.relations if each.parent is self.collection]

    @property
    def relations_of_child(self) -> list[Relation]:
        """The relations in which its documents are the children."""
        return [each for each in self.relations if each.child is self.collection]

    def with_related(self, db: Connection, documents: Sequence[Document], query: Query) -> list[Document]:
        """Copies of the documents with what `_embed` and `_expand` ask for. Raises InvalidParameter."""
        if not query.embed and not query.expand:
            return list(documents)
        copies = [dict(each) for each in documents]
        for parameter, names in (("_embed", query.embed), ("_expand", query.expand)):
            for name in names:
                self._add(db, copies, parameter, name)
        return copies

    def _add(self, db: Connection, copies: list[Document], parameter: str, name: str) -> None:
        id_member = self.options.id_member
        for relation in self.relations_of_child:
            if name == relation.word:
                parents = _parents(db, relation, copies)
                for each in copies:
                    if (found := parents.get(_key(each, relation.key))) is not None:
                        each[name] = found
                return
        for relation in self.relations_of_parent:
            if name == relation.child.name and parameter == "_embed":
                children: dict[str | None, list[Document]] = {}
                for child in scan(db, relation.child.name):
                    children.setdefault(_key(child.body, relation.key), []).append(child.body)
                for each in copies:
                    each[name] = children.get(id_text(each[id_member]), [])
                return
        known = {each.word for each in self.relations_of_child}
        known |= {each.child.name for each in self.relations_of_parent if parameter == "_embed"}
        detail = f"There is no such relation here; there is {', '.join(sorted(known)) or 'none'}."
        raise InvalidParameter(errors=[{"parameter": parameter, "code": "not_a_choice", "detail": detail}])


def _parents(db: Connection, relation: Relation, children: Sequence[Document]) -> dict[str | None, Document]:
    """The parents of the children, by id."""
    ids = {id for each in children if (id := _key(each, relation.key)) is not None}
    few = len(ids) <= 20
    found = (read_document(db, relation.parent.name, id) for id in ids) if few else _all(db, relation, ids)
    return {each.id: each.body for each in found if each}


def _all(db: Connection, relation: Relation, ids: set[str]) -> Iterator[Any]:
    return (each for each in scan(db, relation.parent.name) if each.id in ids)


def _key(document: Document, key: str) -> str | None:
    return id_text(document.get(key))


def children_of(db: Connection, relation: Relation, parent_id: str) -> list[Scanned]:
    """The documents that name this parent, for a list."""
    return [each for each in scan(db, relation.child.name) if _key(each.body, relation.key) == parent_id]


def stored_children(db: Connection, relation: Relation, parent_id: str) -> list[Stored]:
    """The documents that name this parent, for a change of them."""
    return [each for each in read_all(db, relation.child.name) if _key(each.body, relation.key) == parent_id]

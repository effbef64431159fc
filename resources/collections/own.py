"""Everything that is served for the operator's own data."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from api.kit import Answer, Resource, answers, no_parameters, reading, representations
from api.rules.own_data import Collection, relations_of
from api.rules.own_options import SIGNED_IN, Options
from api.store.documents import dumped
from resources.collections.items import nested, resources_of
from resources.collections.kinds import Kind
from resources.collections.singletons import singleton


def own_resources(collections: Sequence[Collection], options: Options) -> list[type[Resource]]:
    """The resources of these collections, and `/db`."""
    relations = tuple(relations_of(collections, options.key_suffix))
    kinds = {each.name: Kind(each, options, relations) for each in collections}
    found, items = [everything(options)], {}
    for name, kind in kinds.items():
        if kind.collection.single:
            found.append(singleton(kind))
        else:
            made = resources_of(kind)
            items[name] = made[1]
            found += made
    for relation in relations:
        parent, child = kinds[relation.parent.name], kinds[relation.child.name]
        found.append(nested(parent, child, relation, items[child.name]))
    return found


def everything(options: Options) -> type[Resource]:
    """The resource `/db`."""
    reads: Any = options.access == SIGNED_IN

    class Db(Resource):
        """All collections with their documents, as a file for this server has them."""

        paths = ("/db",)
        noun = "db"
        offers = representations.ITEM

        @answers(200, dict, signed_in=reads)
        def get(self) -> Answer:
            """Read everything."""
            with reading() as db:
                no_parameters()  # 400
                return dict(dumped(db)), HTTPStatus.OK, {}

    return Db

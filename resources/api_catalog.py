"""The API catalog for programs (RFC 9727): a set of links (RFC 9264).

curl -i http://127.0.0.1:8000/.well-known/api-catalog
"""

from api.describe.catalog import LINKSET, catalog, catalog_links
from api.kit import Answer, Resource, Strict, answers, link_prefix, no_parameters
from api.web.representations import to_json


class LinkTarget(Strict):
    """The target of a link."""

    href: str
    type: str


class ApiCatalogOut(Strict):
    """A set of links."""

    linkset: list[dict[str, str | list[LinkTarget]]]


class ApiCatalog(Resource):
    """The catalog of this server's one API."""

    paths = ("/.well-known/api-catalog",)
    offers = {LINKSET: to_json}
    browsable = False

    @answers(200, ApiCatalogOut)
    def get(self) -> Answer:
        """Read the links to this server's API descriptions."""
        no_parameters()
        return catalog(link_prefix()), 200, {"Link": catalog_links(link_prefix())}

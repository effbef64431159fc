"""Links to the descriptions of this server, for programs (RFC 8631, RFC 9727)."""

from typing import Any

LINKSET = "application/linkset+json"
# Relation, path, media type.
DESCRIBED_BY = (
    ("service-desc", "/openapi.json", "application/vnd.oai.openapi+json"),
    ("service-desc", "/openapi.yaml", "application/yaml"),
    ("service-doc", "/docs", "text/html"),
)
CATALOG = "/.well-known/api-catalog"


def catalog(prefix: str) -> dict[str, Any]:
    """The catalog, as a set of links (RFC 9264 §4.2) that start with `prefix`."""
    links: dict[str, list[dict[str, str]]] = {}
    for relation, path, media_type in DESCRIBED_BY:
        links.setdefault(relation, []).append({"href": prefix + path, "type": media_type})
    return {"linkset": [{"anchor": f"{prefix}/", **links}]}


def catalog_links(prefix: str) -> str:
    """The same links as a Link field, with the catalog itself (RFC 9727 §3)."""
    links = [f'<{prefix}{path}>; rel="{relation}"; type="{kind}"' for relation, path, kind in DESCRIBED_BY]
    return ", ".join([*links, f'<{prefix}{CATALOG}>; rel="api-catalog"'])

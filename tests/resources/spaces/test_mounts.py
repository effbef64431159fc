"""A space behind a public URL, under a mount, and in the tools that check a server."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from api.app import create_app, find_loaders
from api.store import loading, migrating
from config import Config
from tests.judges.postman import newman
from tests.resources.spaces.making import Space
from tests.servers import Server, run

pytestmark = pytest.mark.one_database

DRAFT = {"title": "A title", "body": ""}
JOHN = {"Authorization": "Basic am9objpqb2hu"}


def test_links_of_a_space_start_with_the_public_url(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    public = "https://api.example.org/v1"
    server = Server(tmp_path / "log", "--database", migrated_database(), PUBLIC_URL=public)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        made = client.post("/spaces", json={"id": "x"})
        assert made.headers["Location"] == f"{public}/spaces/x"
        assert made.json()["url"] == f"{public}/in/x"
        inside = f"{public}/in/x"
        assert client.post("/in/x/articles", json=DRAFT, headers=JOHN).headers["Location"] == f"{inside}/articles/4"
        assert client.get("/in/x/articles?limit=1").json()["next"].startswith(f"{inside}/articles?")
        assert client.get("/in/x/nothing").json()["type"] == f"{inside}/problems/not-found"
        assert client.get("/in/x/openapi.json").json()["servers"] == [{"url": inside}]
        assert f"url: {inside}" in client.get("/in/x/openapi.yaml").text
        environment = {
            each["key"]: each["value"] for each in client.get("/in/x/postman/environment.json").json()["values"]
        }
        assert environment["base_url"] == inside
        page = client.get("/in/x/sign-in", headers={"Accept": "text/html"})
        assert "Path=/v1/in/x;" in page.headers["Set-Cookie"]
        assert client.get("/in/nobody/").json()["type"] == f"{public}/problems/no-such-space"
    assert server.stop() == 0


def test_links_of_a_space_start_with_the_mount(migrated_database: Callable[[], str]) -> None:
    app = create_app(Config(touchstone_env="testing", database_url=migrated_database()))
    migrating.upgrade(app.services.database)
    loading.seed(app.services.database, find_loaders())
    client = Client(DispatcherMiddleware(Response("outside", status=404), {"/mnt": app}))
    space = client.post("/mnt/spaces", json={"id": "x"})
    assert space.headers["Location"] == "/mnt/spaces/x"
    owner = {"Authorization": f"Bearer {(space.json or {})['token']}"}
    made = client.post("/mnt/in/x/articles", json=DRAFT, headers=owner)
    assert made.headers["Location"] == "/mnt/in/x/articles/4"
    assert client.get("/mnt/in/x/openapi.json").json["servers"] == [{"url": "/mnt/in/x"}]
    assert client.get("/mnt/in/x/nothing").json["type"] == "/mnt/in/x/problems/not-found"
    assert client.get("/mnt/in/x/articles/4").json["title"] == "A title"
    app.services.database.close()
    assert client.get("/mnt/articles/4").status_code == 404
    assert app.services.spaces
    app.services.spaces.open_stores.close_all()
    app.services.registry.close()
    app.services.database.close()


def test_the_smoke_test_passes_in_a_space(space: Space) -> None:
    done = run("smoke", space.url)
    assert (done.returncode, "15 of 15 passed" in done.stdout) == (0, True), done.stdout


def test_the_postman_tour_passes_in_a_space(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    assert httpx.put(f"{server.url}/spaces/x").status_code == 201
    judged = newman(f"{server.url}/in/x", tmp_path, "tour")
    assert judged.returncode == 0, judged.stdout
    assert server.stop() == 0


@pytest.mark.slow
def test_the_conformance_collection_passes_in_a_space(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    assert httpx.put(f"{server.url}/spaces/x").status_code == 201
    judged = newman(f"{server.url}/in/x", tmp_path)
    assert judged.returncode == 0, judged.stdout
    assert server.stop() == 0

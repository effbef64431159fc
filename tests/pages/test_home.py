"""The home page and the sign-in: what a new visitor sees first."""

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from werkzeug.test import Client

from api.app import create_app, find_loaders
from api.rules.accounts import DEVELOPMENT_PASSWORDS
from api.store import loading
from api.store.database import Database
from config import Config
from tests.contract.routes import ROUTES
from tests.pages.html import Document
from tests.pages.visitors import BROWSER, Visitor

pytestmark = pytest.mark.one_database

SECRET = "a secret for tests, and none to keep"


def test_the_home_page_says_what_to_try_first(stranger: Visitor, john: Visitor) -> None:
    page = stranger.page("/")
    assert page.text("h1") == "Touchstone"
    assert [each.text for each in page.all("h2")][:2] == ["Try this first", "Resources"]
    assert page.link("Create an article") == "/sign-in?next=/articles"
    assert john.page("/").link("Create an article") == "/articles#post"
    assert "post" in john.page("/articles").ids()
    assert f"curl -i {stranger.origin}/articles -u john:john" in page.labelled("Command")
    for name, target in (("Reference: try each request", "/docs"), ("Every refusal, explained", "/problems")):
        assert page.link(name) == target


def test_the_home_page_lists_resources_by_purpose_with_machinery_last(stranger: Visitor) -> None:
    page = stranger.page("/")
    listed = [each.attributes["href"] for each in page.all("a") if each.attributes.get("class") == "part"]
    order = [
        listed.index(path) for path in ("/articles", "/users", "/echo", "/openapi.json", "/admin/audit", "/metrics")
    ]
    assert order == sorted(order)
    assert listed[-4:] == ["/metrics", "/livez", "/readyz", "/favicon.ico"]


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_links_to_the_tour_if_there_is_one(stranger: Visitor, path: str) -> None:
    assert (">Postman: a tour</a>" in stranger.get(path).text) == ("/postman/tour.json" in ROUTES)


@pytest.fixture(scope="module")
def seeded_url(migrated_database: Callable[[], str]) -> str:
    """The URL of a database with the development accounts."""
    url = migrated_database()
    with closing(Database(url)) as database:
        loading.seed(database, find_loaders())
    return url


def test_development_accounts_are_shown_only_where_they_work(seeded_url: str) -> None:
    development = create_app(Config.from_environ({"DATABASE_URL": seeded_url, "TOUCHSTONE_ENV": "testing"}))
    production = create_app(
        Config.from_environ({"DATABASE_URL": seeded_url, "TOUCHSTONE_ENV": "production", "SECRET_KEY": SECRET})
    )

    def shown(app: Any, address: str, path: str) -> list[str]:
        answer = Client(app).get(path, headers=BROWSER, environ_overrides={"REMOTE_ADDR": address})
        codes = {each.text for each in Document(answer.text).all("code")}
        return sorted(codes & set(DEVELOPMENT_PASSWORDS))

    with closing(development.services.database), closing(production.services.database):
        for path in ("/sign-in", "/"):
            assert shown(development, "127.0.0.1", path) == sorted(["admin", "john", "steve", "bill"])
            assert shown(development, "192.0.2.1", path) == []
            assert shown(production, "127.0.0.1", path) == []


def test_every_link_of_a_page_has_the_prefix_of_its_mount(seeded_url: str) -> None:
    app = create_app(Config.from_environ({"DATABASE_URL": seeded_url, "TOUCHSTONE_ENV": "testing"}))
    client = Client(app)
    outside = {"SCRIPT_NAME": "/space", "REMOTE_ADDR": "127.0.0.1"}
    with closing(app.services.database):
        for path in (
            "/",
            "/articles?limit=1",
            "/articles/1",
            "/problems",
            "/problems/invalid",
            "/nothing",
            "/sign-in",
            "/docs",
        ):
            text = client.get(path, headers=BROWSER, environ_overrides=outside).text
            targets = re.findall(r'(?:href|action|src)="([^"]*)"', text)
            assert len(targets) > 3
            assert [each for each in targets if not each.startswith(("/space/", "#"))] == [], path


def test_a_button_signs_in_with_a_development_account(stranger: Visitor) -> None:
    page = stranger.page("/sign-in?next=/users/me")
    form = next(each for each in page.forms if each.button == "Sign in as john")
    assert '"username": "john"' in stranger.do(form).text("pre")


@pytest.mark.parametrize("path", ["/nothing", "/problems", "/problems/not-found", "/articles?limit=x", "/"])
def test_every_page_has_the_same_header(stranger: Visitor, john: Visitor, path: str) -> None:
    known = Document(stranger.get("/articles").text).text("header").split()
    assert Document(stranger.get(path).text).text("header").split() == known
    assert Document(john.get(path).text).text("header").split()[-3:] == ["john", "Sign", "out"]

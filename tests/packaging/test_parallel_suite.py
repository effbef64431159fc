"""A large suite that runs in parallel and in random order: each test writes article 4 of its own space.

RUNS=20 python -m pytest --all tests/packaging/test_parallel_suite.py
"""

import os

import pytest

from tests.packaging.conftest import Suite

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

THEIRS = """
import json, os, random, urllib.request
import pytest

def pytest_collection_modifyitems(items):
    random.Random(os.environ["SEED"]).shuffle(items)

@pytest.mark.parametrize("number", range(400))
def test_it_writes_article_4(touchstone, number):
    title = f"Test {number}"
    request = urllib.request.Request(
        touchstone.url + "/articles",
        json.dumps({"title": title, "body": ""}).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer " + touchstone.token},
    )
    assert json.load(urllib.request.urlopen(request))["id"] == 4
    assert [each["title"] for each in touchstone.get("/articles?limit=100")["items"]].count(title) == 1
    assert touchstone.get("/articles/4")["title"] == title
    touchstone.received("POST", "/articles", count=1)
"""


@pytest.mark.parametrize("seed", range(int(os.environ.get("RUNS", "1"))))
def test_400_tests_in_8_processes_with_one_server(suite: Suite, seed: int) -> None:
    done = suite(THEIRS, "-n", "8", "-p", "test_theirs", "-q", "-rN", SEED=str(seed))
    assert "400 passed" in done.stdout, done.stdout[-3000:]

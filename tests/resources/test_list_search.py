"""Search by words, with the same results on both databases (CONTRACT §4)."""

import httpx
import pytest
import sqlalchemy as sa

from api.rules.words import words
from api.store.database import Database
from tests.resources.conftest import new_mark
from tests.resources.making import MERGE, make, path

TITLE = "Straße nach CAFÉ_Zürich, Nr. 4711"
BODY = "Running the servers: don't panic! naïve Ⅷ ﬁne e\u0301tude 東京、大阪 हिन्दी שָׁלוֹם AND OR near2 x*y C++ 3.14 ½"

FOUND = [
    "straße",
    "STRASSE",
    "strasse",
    "café",
    "CAFE\u0301",
    "zürich",
    "ZU\u0308RICH",
    "4711",
    "nr",
    "Nr.",
    "servers the running",
    "straße servers",
    "servers straße 4711",
    "don't",
    "t don",
    "panic!!!",
    "naïve",
    "Ⅷ",
    "fine",
    "ﬁne",
    "étude",
    "E\u0301TUDE",
    "東京",
    "大阪",
    "東京 大阪",
    "हिन्दी",
    "שָׁלוֹם",
    "and",
    "OR",
    "AND OR",
    "near2",
    "x y",
    "x*y",
    "c",
    "C++",
    "3.14",
    "14 3",
    "the the the",
    '"running"',
    "running & the",
    "-running",
    "running:*",
    "(running)",
    "running | nothing",
]
NOT_FOUND = [
    "viii",
    "run",
    "runs",
    "server",
    "serv",
    "serv*",
    "running:* absent",
    "ervers",
    "cafe",
    "zurich",
    "zuerich",
    "471",
    "47110",
    "東",
    "京",
    "東京大阪",
    "dont",
    "naive",
    "etude",
    "हिन",
    "שלום",
    "strase",
    "runningthe",
    "NOT absent",
    "servers OR absent",
    "near(absent near2)",
    "title : absent",
    "314",
    "words",
    "rowid",
]


def found(api: httpx.Client, mark: str, query: str) -> bool:
    answer = api.get("/articles", params={"q": query, "tags": mark})
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["items"])


@pytest.fixture(scope="module")
def article(api: httpx.Client) -> dict:
    return make(api, title=TITLE, body=BODY, tags=[new_mark()])


@pytest.mark.parametrize("query", FOUND[:-1])
def test_an_article_is_found_by_all_words_that_occur_in_it(api: httpx.Client, article: dict, query: str) -> None:
    assert found(api, article["tags"][0], query)


@pytest.mark.parametrize("query", [FOUND[-1], *NOT_FOUND])
def test_an_article_is_not_found_by_a_part_a_stem_or_another_word(api: httpx.Client, article: dict, query: str) -> None:
    assert not found(api, article["tags"][0], query)


@pytest.mark.parametrize("query", FOUND + NOT_FOUND)
def test_searches_follow_the_rule_of_words(api: httpx.Client, article: dict, query: str) -> None:
    assert found(api, article["tags"][0], query) is (set(words(query)) <= set(words(f"{TITLE} {BODY}")))


def test_a_new_article_is_found_at_once(api: httpx.Client, mark: str) -> None:
    article = make(api, title="t", body=f"before {mark.upper()}, after")
    assert api.get("/articles", params={"q": mark}).json()["items"] == [article]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_changed_article_is_found_only_by_its_new_words(api: httpx.Client, mark: str, method: str) -> None:
    article = make(api, title="old", body="both", tags=[mark])
    if method == "PUT":
        api.put(path(article), json={"title": "new", "body": "both", "tags": [mark]})
    else:
        api.patch(path(article), json={"title": "new"}, headers=MERGE)
    assert [found(api, mark, word) for word in ("old", "new", "both", "new both")] == [False, True, True, True]
    api.patch(path(article), json={"status": "draft"}, headers=MERGE)
    assert found(api, mark, "new both")


def test_a_deleted_article_is_not_found(api: httpx.Client, mark: str) -> None:
    article = make(api, title=mark, body="b")
    api.delete(path(article))
    assert api.get("/articles", params={"q": mark, "count": "true"}).json() == {"items": [], "next": None, "total": 0}


def test_a_deleted_article_leaves_no_words_behind(api: httpx.Client, store: Database, mark: str) -> None:
    article = make(api, title=mark, body="b")
    left = sa.text("SELECT count(*) FROM articles_words WHERE rowid = :id")
    counts = []
    for act in (lambda: None, lambda: api.delete(path(article))):
        act()
        with store.reading() as db:
            counts.append(db.execute(left, {"id": article["id"]}).scalar_one())
    assert counts == [1, 0]


def test_a_search_works_with_filter_sort_count_and_pages(api: httpx.Client, mark: str) -> None:
    for title in ("b", "a", "c", "a"):
        make(api, title=f"{title} {mark}", tags=[title])
    query = {"q": mark, "sort": "title,id", "title:ne": f"c {mark}", "limit": 2, "count": "true", "fields": "title"}
    first = api.get("/articles", params=query)
    following = first.links["next"]["url"]
    assert first.json() == {"items": [{"title": f"a {mark}"}] * 2, "next": following, "total": 3}
    assert api.get(following).json()["items"] == [{"title": f"b {mark}"}]


def test_a_very_long_search_is_answered(api: httpx.Client, mark: str) -> None:
    query = " ".join(f"w{number}" for number in range(1_000))
    make(api, title="t", body=query, tags=[mark])
    assert found(api, mark, query)
    assert not found(api, mark, query + " absent")


def test_a_very_long_word_is_found_by_its_first_64_characters(api: httpx.Client, mark: str) -> None:
    make(api, title="t", body="ab" * 500, tags=[mark])
    assert found(api, mark, "ab" * 500)
    assert found(api, mark, "ab" * 32)
    assert not found(api, mark, "ab" * 31)


def test_every_word_of_the_longest_body_is_found(api: httpx.Client, mark: str) -> None:
    # Each of these letters folds to three: six bytes instead of two, the largest possible growth of the index.
    letters = [chr(0x0561 + number) for number in range(38)]
    text = " ".join("ΐ" * 17 + letters[n % 38] + letters[n // 38 % 38] + letters[n // 1444] for n in range(4_700))
    assert len(text) <= 100_000
    make(api, title="t", body=text, tags=[mark])
    sample = text.split()[::700]
    assert [word for word in sample if not found(api, mark, word)] == []

"""`run.py load`: everything or nothing, from JSON, NDJSON and CSV, on both databases."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from api.store.accounts import users
from api.store.database import Database
from resources.articles.table import articles, words
from tests.servers import JOHN, ROOT, Server, run

REAL = ROOT.parent / "shared" / "data" / "jsonplaceholder.json"
needs_real_data = pytest.mark.skipif(not REAL.exists(), reason="the shared data is not beside this checkout")


def count(url: str, table: sa.Table) -> int:
    """The rows of a table."""
    database = Database(url)
    try:
        with database.reading() as db:
            return db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    finally:
        database.close()


def written(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@needs_real_data
def test_real_data_is_loaded_and_then_served(new_database: Callable[[], str], tmp_path: Path) -> None:
    url = new_database()
    done = run("load", str(REAL), "--database", url)
    assert done.returncode == 0, done.stderr
    for said in ("users: 10 loaded", "articles: 100 loaded", "comments: 500 left out", "left out address, company"):
        assert said in done.stderr
    server = Server(tmp_path / "log", "--database", url, TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, auth=JOHN) as client:
        article, user = client.get("/articles/100").json(), client.get("/users/1").json()
        made = client.post("/articles", json={"title": "next", "body": ""}).json()
        found = client.get("/articles?author_id=1&count=true&q=QUI est&fields=id").json()
    assert server.stop() == 0
    source = json.loads(REAL.read_text())
    assert (article["title"], article["author_id"]) == (source["posts"][99]["title"], source["posts"][99]["userId"])
    assert (user["username"], user["name"]) == ("Bret", "Leanne Graham")
    assert made["id"] == 101
    expected = {
        post["id"]
        for post in source["posts"]
        if post["userId"] == 1 and {"qui", "est"} <= set((post["title"] + " " + post["body"]).split())
    }
    assert {each["id"] for each in found["items"]} == expected


@needs_real_data
def test_existing_rows_are_not_loaded_twice(new_database: Callable[[], str]) -> None:
    url = new_database()
    assert run("load", str(REAL), "--database", url).returncode == 0
    again = run("load", str(REAL), "--database", url)
    assert again.returncode == 0
    assert "articles: 0 loaded, 100 existed already" in again.stderr
    assert count(url, articles) == 100


ROW = {"title": "A title", "body": "words"}
BAD = [
    ({**ROW, "title": ""}, "member title"),
    ({"title": "no body"}, "member body"),
    ({**ROW, "tags": ["ok", "Not Ok"]}, r"member tags.1"),
    ({**ROW, "author_id": 4711}, "member author_id: there is no row 4711 in users"),
    ({**ROW, "id": 1}, "member id: 1 is taken"),
    ({**ROW, "id": "7"}, "member id"),
    ({**ROW, "body": "\0"}, "is not JSON|NUL"),
    ([1, 2], "is not an object"),
]


@pytest.mark.parametrize(("bad", "says"), BAD)
def test_a_bad_row_at_the_end_is_named_and_nothing_is_loaded(
    new_database: Callable[[], str], tmp_path: Path, bad: object, says: str
) -> None:
    import re

    url = new_database()
    file = written(tmp_path / "rows.ndjson", [{**ROW, "id": number} for number in range(1, 1201)] + [bad])  # type: ignore[list-item]  # that is the point
    done = run("load", str(file), "--database", url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    sentence = done.stderr.splitlines()[-1]
    assert "line 1201" in sentence
    assert re.search(says, sentence), sentence
    assert sentence.endswith("Nothing was loaded.")
    assert count(url, articles) == 0
    assert count(url, words.table) == 0


def test_new_ids_follow_the_loaded_ones(new_database: Callable[[], str], tmp_path: Path) -> None:
    url = new_database()
    file = written(tmp_path / "rows.ndjson", [{**ROW, "id": 7}, ROW, {**ROW, "id": 9}, ROW])
    assert run("load", str(file), "--database", url).returncode == 0
    server = Server(tmp_path / "log", "--database", url)
    made = httpx.post(f"{server.url}/articles", json=ROW, auth=JOHN).json()
    ids = [each["id"] for each in httpx.get(f"{server.url}/articles?sort=id&fields=id").json()["items"]]
    assert server.stop() == 0
    assert ids == [7, 9, 10, 11, 12]
    assert made["id"] == 12


def test_csv_and_ndjson_of_the_server_can_be_loaded(server: Server, tmp_path: Path) -> None:
    with httpx.Client(base_url=server.url, auth=JOHN) as client:
        for body in ('com,ma "quoted"\r\nline', "", "é 🎉"):
            client.post("/articles", json={"title": " x ", "body": body, "tags": ["exported", "b"]})
        query = "/articles?tags=exported&limit=all&fields=title,body,tags,status"
        for media_type, name in (("text/csv", "out.csv"), ("application/x-ndjson", "out.ndjson")):
            exported = client.get(query, headers={"Accept": media_type}).content
            (tmp_path / name).write_bytes(exported)
            url = f"sqlite:///{tmp_path}/{name}.db"
            done = run("load", str(tmp_path / name), "--database", url)
            assert done.returncode == 0, done.stderr
            database = Database(url)
            with database.reading() as db:
                kept = db.execute(sa.select(articles.c.body, articles.c.tags).order_by(articles.c.id)).fetchall()
            database.close()
            assert [tuple(row) for row in kept][:3] == [
                ("é 🎉", ["exported", "b"]),
                ("", ["exported", "b"]),
                ('com,ma "quoted"\r\nline', ["exported", "b"]),
            ]


def test_csv_faults_are_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    for text, says in [
        ("title,body\na,b,c\n", "line 2 has 3 cells"),
        ('title,body\n"a,b\n', "not CSV"),
        ("title,body\n\xff,b\n", "not UTF-8"),
        ("id,title,body\nx,a,b\n", "line 2, member id"),
        ("name\nx\n", "line 2, member title"),
        ("title,title,body\na,b,c\n", "names a column twice"),
        ("title,body\na\0b,c\n", "NUL"),
        ("id,title,body\n" + "9" * 5000 + ",a,b\n", "line 2, member id"),
    ]:
        (tmp_path / "rows.csv").write_bytes(text.encode("latin-1"))
        done = run("load", str(tmp_path / "rows.csv"), "--database", url)
        assert done.returncode == 1
        assert says in done.stderr
    assert count(url, articles) == 0


def test_a_load_is_one_transaction_for_all_collections(new_database: Callable[[], str], tmp_path: Path) -> None:
    url = new_database()
    data = {
        "users": [{"id": 1, "username": "ann", "name": "Ann", "email": "ann@example.org"}],
        "posts": [{"id": 1, "userId": 1, **ROW}, {"id": 2, "userId": 2, **ROW}],
    }
    (tmp_path / "data.json").write_text(json.dumps(data))
    done = run("load", str(tmp_path / "data.json"), "--database", url)
    assert done.returncode == 1
    assert "posts[1], member author_id" in done.stderr
    assert count(url, users) == 0


@pytest.mark.parametrize("text", ["", "[", '{"posts": 1}', "3", '[{"title": 1}]', '{"a": [1], "a": []}'])
def test_a_file_of_the_wrong_form_is_reported(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.json").write_text(text)
    done = run("load", str(tmp_path / "data.json"), "--database", f"sqlite:///{tmp_path}/x.db")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Touchstone: ")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        file = tmp_path / f"{rows}.csv"
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["title", "body"])
        writer.writerows([f"Title {number}", "x" * 400] for number in range(rows))
        file.write_text(text.getvalue())
        measured = (
            "import resource, sys, runpy; sys.argv = sys.argv[1:]\n"
            "try: runpy.run_path('run.py', run_name='__main__')\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        import subprocess
        import sys

        done = subprocess.run(
            [
                sys.executable,
                "-c",
                measured,
                "run.py",
                "load",
                str(file),
                "--database",
                f"sqlite:///{tmp_path}/{rows}.db",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return int(done.stdout.split()[-1]) * 1024

    # 40,000 more rows are 16 MB of text: memory has only one batch of them, and the database's cache.
    assert peak(42_000) - peak(2_000) < 8 * 1024 * 1024

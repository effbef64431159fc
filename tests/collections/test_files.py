"""The file of own data: what is refused, when it is loaded, `--watch`, and `run.py dump`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.collections.conftest import Start
from tests.collections.data import DATA, at_once
from tests.servers import run, run_process

pytestmark = pytest.mark.one_database


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=20)


def put_in_place(file: Path, content: Any) -> None:
    """Replace a file as editors do: beside, and then at once."""
    new = file.with_suffix(".new")
    new.write_text(content if isinstance(content, str) else json.dumps(content))
    new.replace(file)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "This is not JSON. The body is empty"),
        (b'{"posts": [', "line 1, column 12"),
        (b'{"a": [],\n "a": []}', "Duplicate member: line 2, column 2"),
        (b'{"a": "\xff"}', "line 1, column 8"),
        (b"[1]", "must be an object with a member for each collection, and is an array"),
        (b'{"posts": 1}', "posts must be an array of objects, or an object, and is a number"),
        (b'{"posts": [{"id": 1}, 2]}', "posts[1] must be an object, and is a number"),
        (b'{"posts": [{"id": 1}, {"id": "1"}]}', "posts[1], member id: 1 is the id of posts[0] already"),
        (
            b'{"posts": [{"id": 1}, {"id": "a"}]}',
            "posts[1], member id: 'a' is a text, and the ids before it are numbers",
        ),
        (b'{"posts": [{"id": 1}, {"id": 1}]}', "posts[1], member id: 1 is the id of posts[0] already"),
        (b'{"posts": [{"id": null}]}', "posts[0], member id: null cannot be an id"),
        (b'{"posts": [{"id": 1.5}]}', "posts[0], member id: 1.5 cannot be an id"),
        (b'{"posts": [{"id": "a/b"}]}', 'posts[0], member id: "a/b" cannot be an id'),
        (b'{"posts": [{"id": 9007199254740993}]}', "#/posts/0/id: An integer must be within"),
        (b'{"posts": [{"a": "\\u0000"}]}', "#/posts/0/a: Text cannot hold the character NUL"),
        (b'{"a b": []}', 'The name "a b" cannot be in a path'),
        (b'{"": []}', 'The name "" cannot be in a path'),
        (b'{"tokens": []}', "The name tokens is reserved: the server itself has /tokens"),
        (b'{"db": {}}', "The name db is reserved"),
        (b'{"openapi.json": []}', 'The name "openapi.json" cannot be in a path'),
        (b'{"in": []}', "The name in is reserved"),
        (b'{"posts": [' + b'{"a":1},' * 100_000 + b'{"a":1}]}', "posts has 100,001 documents, and may have 100,000"),
    ],
)
def test_a_file_with_a_fault_ends_in_one_sentence_with_the_place(tmp_path, content, place) -> None:
    file = tmp_path / "db.json"
    file.write_bytes(content)
    done = run("serve", "--data", str(file), "--ephemeral", "--port", "0")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Touchstone: {file}: ")
    assert place in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_missing_or_huge_ends_in_one_sentence(tmp_path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(1 << 30)
    for path, words in (
        (tmp_path / "none", "no readable file"),
        (tmp_path, "no readable file"),
        (huge, "1,073,741,824"),
    ):
        done = run("serve", "--data", str(path), "--ephemeral", "--port", "0")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert words in done.stderr


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--style", "odd"), ("--access", "nobody"), ("--watch=maybe", None)],
    ids=["style", "access", "watch"],
)
def test_a_bad_flag_ends_in_one_sentence(flag, value) -> None:
    done = run("serve", "--data", "db.json", flag, *([value] if value else []))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_documents_without_ids_get_them(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, {"$schema": "x", "a": [{"n": 1}, {"id": 7}, {"n": 3}], "b": [{"id": "x"}, {"n": 2}], "c": [{}]})
    url = start("--ephemeral", "--data", str(file)).url
    assert [each["id"] for each in get(f"{url}/a").json()] == [8, 7, 9]
    assert [type(each["id"]) for each in get(f"{url}/b").json()] == [str, str]
    assert get(f"{url}/c").json() == [{"id": 1}]
    assert get(f"{url}/$schema").status_code == 404


def test_other_names_of_ids_and_keys(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, {"posts": [{"_id": "a"}], "comments": [{"_id": 1, "post_id": "a"}]})
    url = start("--ephemeral", "--data", str(file), "--id-member", "_id", "--foreign-key-suffix", "_id").url
    assert get(f"{url}/posts/a?_embed=comments").json()["comments"] == [{"_id": 1, "post_id": "a"}]
    made = httpx.post(f"{url}/posts/a/comments", json={}, trust_env=False)
    assert made.json() == {"_id": 2, "post_id": "a"}
    assert get(f"{url}{made.headers['Location']}").json() == made.json()


def test_a_start_loads_the_file_only_if_it_has_changed(
    start: Start, tmp_path: Path, migrated_database: Callable[[], str]
) -> None:
    file, database = tmp_path / "db.json", migrated_database()
    put_in_place(file, DATA)
    arguments = ("--database", database, "--data", str(file))
    server = start(*arguments)
    httpx.delete(f"{server.url}/posts/1", trust_env=False)
    assert server.stop() == 0
    server = start(*arguments)
    assert [each["id"] for each in get(f"{server.url}/posts").json()] == [2, 3]
    assert httpx.post(f"{server.url}/posts", json={}, trust_env=False).json()["id"] == 4
    assert server.stop() == 0
    put_in_place(file, {"posts": DATA["posts"], "new": []})
    server = start(*arguments)
    assert get(f"{server.url}/posts").json() == DATA["posts"]
    assert get(f"{server.url}/comments").status_code == 404
    assert get(f"{server.url}/new").json() == []


def test_without_watch_a_change_of_the_file_changes_nothing(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, DATA)
    url = start("--ephemeral", "--data", str(file)).url
    put_in_place(file, {"posts": []})
    assert get(f"{url}/posts").json() == DATA["posts"]


def test_with_watch_the_next_request_sees_the_changed_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, DATA)
    server = start("--ephemeral", "--data", str(file), "--watch", "--workers", "2")
    url = server.url
    made = httpx.post(f"{url}/posts", json={"title": "over HTTP"}, trust_env=False).json()
    tag = get(f"{url}/posts/1").headers["ETag"]
    put_in_place(file, {"posts": DATA["posts"][:1], "things": [{"id": "x"}], "profile": [{"id": 1}]})
    for _ in range(8):  # of both workers
        assert get(f"{url}/things/x").json() == {"id": "x"}
        assert get(f"{url}/posts").json() == DATA["posts"][:1]
        assert get(f"{url}/profile").json() == [{"id": 1}]
        assert get(f"{url}/comments").status_code == 404
        assert get(f"{url}/posts/{made['id']}").status_code == 404
        assert "/things" in get(f"{url}/openapi.json").json()["paths"]
    # The document is the same, but it is another row: a writer with the old tag has to look.
    changed = httpx.put(f"{url}/posts/1", json={}, headers={"If-Match": tag}, trust_env=False)
    assert changed.status_code == 412


def test_creates_right_after_a_change_of_the_file_are_not_lost(start: Start, tmp_path: Path) -> None:
    """A request that does not wait for the load would write to the old documents."""
    file = tmp_path / "db.json"
    put_in_place(file, DATA)
    server = start("--ephemeral", "--data", str(file), "--watch", "--workers", "2")
    for number in range(5):
        put_in_place(file, {"$schema": str(number), **DATA})
        answers = at_once(12, lambda n: httpx.post(f"{server.url}/empty", json={"n": n}, trust_env=False, timeout=20))
        assert {each.status_code for each in answers} == {201}
        made = sorted((each.json() for each in answers), key=lambda each: each["id"])
        assert [each["id"] for each in made] == [*range(1, 13)]
        assert get(f"{server.url}/empty").json() == made


@pytest.mark.parametrize("bad", ["{", '{"posts": [{"id": 1}, {"id": 1}]}', '{"tokens": []}', ""])
def test_a_watched_file_with_a_fault_changes_nothing_and_is_told_once(start: Start, tmp_path: Path, bad: str) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, DATA)
    server = start("--ephemeral", "--data", str(file), "--watch")
    httpx.delete(f"{server.url}/posts/3", trust_env=False)
    put_in_place(file, bad)
    for _ in range(3):
        assert get(f"{server.url}/posts").json() == DATA["posts"][:2]
    told = [line["message"] for line in server.lines() if line["logger"] == "touchstone.data"]
    assert len(told) == 1
    assert told[0].startswith(f"The data stays as it is. {file}: ")
    file.unlink()
    assert get(f"{server.url}/posts").json() == DATA["posts"][:2]
    put_in_place(file, {"posts": []})
    assert get(f"{server.url}/posts").json() == []


def test_dump_writes_what_is_there(start: Start, tmp_path: Path, migrated_database: Callable[[], str]) -> None:
    file, database = tmp_path / "db.json", migrated_database()
    put_in_place(file, DATA)
    server = start("--database", database, "--data", str(file))
    httpx.patch(f"{server.url}/posts/1", json={"title": "changed"}, trust_env=False)
    out = tmp_path / "out.json"
    done = run("dump", str(out), "--database", database)
    assert (done.returncode, done.stderr) == (
        0,
        f"{out}: posts 3, comments 3, countries 2, empty 0, profile (one document).\n",
    )
    dumped = json.loads(out.read_text())
    assert dumped == get(f"{server.url}/db").json()
    assert dumped["posts"][0]["title"] == "changed"
    assert list(dumped) == list(DATA)
    assert json.loads(file.read_text()) == DATA  # which is never written
    assert run_process("dump", "-", "--database", database).stdout == out.read_text()
    assert server.stop() == 0
    again = start("--ephemeral", "--data", str(out))
    assert get(f"{again.url}/db").json() == dumped


def test_dump_without_data_or_into_no_folder_is_one_sentence(tmp_path, migrated_database) -> None:
    database = migrated_database()
    done = run("dump", str(tmp_path / "a"), "--database", database)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no data of your own" in done.stderr


def test_access_limits_who_reads_and_writes(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    put_in_place(file, DATA)
    url = start("--ephemeral", "--data", str(file), "--access", "signed-in").url
    for path in ("/posts", "/posts/1", "/posts/1/comments", "/profile", "/db"):
        assert get(url + path).status_code == 401
        assert httpx.get(url + path, auth=("john", "john"), trust_env=False).status_code == 200
    token = httpx.post(f"{url}/tokens", json={"scopes": ["tokens:write"]}, auth=("john", "john"), trust_env=False)
    fields = {"Authorization": f"Bearer {token.json()['token']}"}
    for method, path in (("POST", "/posts"), ("PUT", "/posts/1"), ("PATCH", "/profile"), ("DELETE", "/posts/1")):
        body = {} if method == "DELETE" else {"json": {}}
        assert httpx.request(method, url + path, **body, trust_env=False).status_code == 401
        refused = httpx.request(method, url + path, **body, headers=fields, trust_env=False)
        assert (refused.status_code, refused.json()["required_scopes"]) == (403, ["documents:write"])
        assert httpx.request(method, url + path, **body, auth=("john", "john"), trust_env=False).is_success

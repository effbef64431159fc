"""Conditional requests on one article: the table of CONTRACT §7, without ranges.

Every case starts from an article at version 2, whose JSON has the tag "v2".
"""

from datetime import datetime, timedelta

import httpx
import pytest

from api.rules.clock import http_date, parse_http_date
from tests.resources.making import JSON_PATCH, MERGE, NEVER_AN_ID, make, path, read, refused
from tests.waiting import wait_until

WHOLE = {"title": "New", "body": "New body"}


@pytest.fixture
def article(api: httpx.Client) -> dict:
    """An article at version 2."""
    made = make(api)
    assert api.put(path(made), json=WHOLE).json()["version"] == 2
    return read(api, made)


def modified(article: dict, days: int = 0) -> str:
    """The time of the article's last change for HTTP, plus a number of days."""
    return http_date(datetime.fromisoformat(article["updated_at"]) + timedelta(days=days))


def check_not_modified(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.content) == (304, b"")
    assert {"etag", "cache-control", "vary", "date", "x-request-id"} <= set(answer.headers)
    assert "Content-Type" not in answer.headers


def test_last_modified_is_the_time_of_the_last_change_in_whole_seconds(api: httpx.Client, settled: dict) -> None:
    changed = datetime.fromisoformat(settled["updated_at"]).replace(microsecond=0)
    assert parse_http_date(api.get(path(settled)).headers["Last-Modified"]) == changed


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_there_is_no_last_modified_in_the_second_of_the_change(api: httpx.Client, method: str) -> None:
    """The article could change again in that second, and If-Modified-Since would not show it (RFC 9110 §8.8.2.2)."""

    def within_the_second() -> httpx.Response | None:
        new = make(api)
        answer = api.request(method, path(new), headers={"If-Modified-Since": modified(new)})
        return answer if answer.headers["Date"] == modified(new) else None

    answer = wait_until(within_the_second, "a change and a read in one second")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"v1"'
    assert "Last-Modified" not in answer.headers


@pytest.mark.parametrize("tags", ['"v2"', 'W/"v2"', "*", '"v1", "v2"', ', "x" ,W/"v2",'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_1_if_none_match_with_the_current_tag_is_304(api: httpx.Client, article: dict, method: str, tags: str) -> None:
    answer = api.request(method, path(article), headers={"If-None-Match": tags})
    check_not_modified(answer)
    assert answer.headers["ETag"] == '"v2"'


def test_1_several_lines_are_one_list(api: httpx.Client, article: dict) -> None:
    fields = [("If-None-Match", '"v1"'), ("If-None-Match", '"v2"')]
    check_not_modified(api.get(path(article), headers=fields))


def test_2_if_none_match_overrides_if_modified_since(api: httpx.Client, settled: dict) -> None:
    fields = {"If-None-Match": '"v1"', "If-Modified-Since": modified(settled, days=1)}
    answer = api.get(path(settled), headers=fields)
    assert (answer.status_code, answer.json()) == (200, settled)


@pytest.mark.parametrize(("days", "status"), [(-1, 200), (0, 304), (1, 304)])
def test_3_if_modified_since(api: httpx.Client, settled: dict, days: int, status: int) -> None:
    answer = api.get(path(settled), headers={"If-Modified-Since": modified(settled, days)})
    assert answer.status_code == status
    assert answer.headers["ETag"] == '"v2"'
    if status == 304:
        check_not_modified(answer)


@pytest.mark.parametrize("junk", ["junk", "", "2026-01-01T00:00:00Z", "Thu, 32 Jan 2026 00:00:00 GMT", "0"])
def test_3_junk_in_if_modified_since_is_ignored(api: httpx.Client, settled: dict, junk: str) -> None:
    assert api.get(path(settled), headers={"If-Modified-Since": junk}).json() == settled


@pytest.mark.parametrize("tags", ["*", '"v2"', '"v1", "v2"'])
def test_4_if_match_with_the_current_tag_reads_it(api: httpx.Client, article: dict, tags: str) -> None:
    answer = api.get(path(article), headers={"If-Match": tags})
    assert (answer.status_code, answer.json()) == (200, article)


@pytest.mark.parametrize("tags", ['"v1"', 'W/"v2"', '"v1", W/"v2"', '"V2"', '"v20"', '""'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_5_if_match_of_another_version_or_a_weak_tag_is_412(
    api: httpx.Client, article: dict, method: str, tags: str
) -> None:
    answer = api.request(method, path(article), headers={"If-Match": tags})
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (412, b"")
    else:
        assert refused(answer, 412, "precondition-failed")["current_etag"] == '"v2"'


@pytest.mark.parametrize(("days", "status"), [(-1, 412), (0, 200), (1, 200)])
def test_6_if_unmodified_since(api: httpx.Client, settled: dict, days: int, status: int) -> None:
    assert api.get(path(settled), headers={"If-Unmodified-Since": modified(settled, days)}).status_code == status


def test_6_if_match_overrides_if_unmodified_since(api: httpx.Client, settled: dict) -> None:
    fields = {"If-Match": '"v2"', "If-Unmodified-Since": modified(settled, days=-1)}
    assert api.get(path(settled), headers=fields).status_code == 200


def test_7_if_match_is_checked_before_if_none_match(api: httpx.Client, article: dict) -> None:
    check_not_modified(api.get(path(article), headers={"If-Match": '"v2"', "If-None-Match": '"v2"'}))
    both = {"If-Match": '"v1"', "If-None-Match": '"v2"'}
    refused(api.get(path(article), headers=both), 412, "precondition-failed")


@pytest.mark.parametrize(
    ("tags", "status"),
    [('"v2"', 200), ('"v1"', 412), ('"v1", "v2"', 200), ("*", 200), ('W/"v2"', 412), ('"v3"', 412)],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_14_a_write_succeeds_if_the_version_matches(
    api: httpx.Client, article: dict, method: str, tags: str, status: int
) -> None:
    answer = write(api, method, article, {"If-Match": tags})
    if status == 412:
        assert refused(answer, 412, "precondition-failed")["current_etag"] == '"v2"'
        assert read(api, article) == article
    elif method == "DELETE":
        assert answer.status_code == 204
        assert api.get(path(article)).status_code == 404
    else:
        assert (answer.status_code, answer.json()["version"]) == (200, 3)


def write(api: httpx.Client, method: str, article: dict, fields: dict) -> httpx.Response:
    if method == "DELETE":
        return api.delete(path(article), headers=fields)
    if method == "PUT":
        return api.put(path(article), json=WHOLE, headers=fields)
    return api.patch(path(article), json={"title": "New"}, headers={**MERGE, **fields})


def test_14_several_lines_are_one_list(api: httpx.Client, article: dict) -> None:
    answer = api.put(path(article), json=WHOLE, headers=[("If-Match", '"v1"'), ("If-Match", '"v2"')])
    assert answer.status_code == 200


@pytest.mark.parametrize(("days", "status"), [(-1, 412), (0, 200)])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_with_if_unmodified_since(
    api: httpx.Client, article: dict, method: str, days: int, status: int
) -> None:
    answer = write(api, method, article, {"If-Unmodified-Since": modified(article, days)})
    assert answer.status_code == (204 if status == 200 and method == "DELETE" else status)
    assert api.get(path(article)).json() == article or status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_ignores_if_modified_since(api: httpx.Client, article: dict, method: str) -> None:
    answer = write(api, method, article, {"If-Modified-Since": modified(article, days=1)})
    assert answer.status_code in (200, 204)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tags", ["*", '"v2"', 'W/"v2"'])
def test_15_16_a_write_only_if_there_is_none_is_412_and_never_304(
    api: httpx.Client, article: dict, method: str, tags: str
) -> None:
    refused(write(api, method, article, {"If-None-Match": tags}), 412, "precondition-failed")
    assert read(api, article) == article


def test_16_a_write_with_other_tags_in_if_none_match_succeeds(api: httpx.Client, article: dict) -> None:
    assert write(api, "PUT", article, {"If-None-Match": '"v1"'}).status_code == 200


@pytest.mark.parametrize("media_type", [MERGE, JSON_PATCH])
def test_17_preconditions_come_before_parsing(api: httpx.Client, article: dict, media_type: dict) -> None:
    answer = api.patch(path(article), content=b"{", headers={"If-Match": '"v1"', **media_type})
    refused(answer, 412, "precondition-failed")
    put = api.put(path(article), content=b"{", headers={"If-Match": '"v1"', "Content-Type": "application/json"})
    refused(put, 412, "precondition-failed")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_17_preconditions_come_before_query_parameters(api: httpx.Client, article: dict, method: str) -> None:
    content = None if method == "DELETE" else b"{}"
    fields = {"If-Match": '"v1"', "Content-Type": "application/json" if method == "PUT" else MERGE["Content-Type"]}
    answer = api.request(method, path(article) + "?x=1", content=content, headers=fields)
    refused(answer, 412, "precondition-failed")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_18_the_media_type_comes_before_preconditions(api: httpx.Client, article: dict, method: str) -> None:
    fields = {"If-Match": '"v1"', "Content-Type": "text/plain"}
    refused(api.request(method, path(article), content=b"x", headers=fields), 415, "unsupported-media-type")


MALFORMED = ["v2", "'v2'", '"v2', '"v2" "v3"', "*, *", '"v2", *', 'w/"v2"', "W/v2", '"a b"', ",", ""]


@pytest.mark.crossed
@pytest.mark.parametrize("tags", MALFORMED)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_20_a_malformed_if_match_is_400(api: httpx.Client, article: dict, method: str, tags: str) -> None:
    fields = {"If-Match": tags}
    answer = api.get(path(article), headers=fields) if method == "GET" else write(api, method, article, fields)
    assert refused(answer, 400, "invalid-header")["errors"][0]["header"] == "If-Match"
    assert read(api, article) == article


@pytest.mark.crossed
@pytest.mark.parametrize("tags", MALFORMED)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_20_a_malformed_if_none_match_is_400_on_writes(
    api: httpx.Client, article: dict, method: str, tags: str
) -> None:
    document = refused(write(api, method, article, {"If-None-Match": tags}), 400, "invalid-header")
    assert document["errors"][0]["header"] == "If-None-Match"
    assert read(api, article) == article


@pytest.mark.parametrize("tags", MALFORMED)
def test_20_a_malformed_if_none_match_is_ignored_by_get(api: httpx.Client, article: dict, tags: str) -> None:
    assert api.get(path(article), headers={"If-None-Match": tags}).json() == article


def test_21_options_ignores_conditions(api: httpx.Client, article: dict) -> None:
    for fields in ({"If-Match": '"v1"'}, {"If-None-Match": "*"}, {"If-Match": "junk"}):
        assert api.options(path(article), headers=fields).status_code == 204


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("fields", [{"If-Match": '"v2"'}, {"If-Match": "*"}, {"If-None-Match": "*"}])
def test_an_absent_article_is_404_and_not_412(api: httpx.Client, method: str, fields: dict) -> None:
    absent = {"id": NEVER_AN_ID}
    answer = api.get(path(absent), headers=fields) if method == "GET" else write(api, method, absent, fields)
    refused(answer, 404, "not-found")


def test_a_create_with_conditions_on_the_collection_creates(api: httpx.Client) -> None:
    # On POST, `If-Match: *` refers to the collection, which exists.
    assert api.post("/articles", json=WHOLE, headers={"If-Match": "*"}).status_code == 201

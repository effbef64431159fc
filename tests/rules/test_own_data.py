"""Names and relations of own data; tests/collections has the faults of files."""

import pytest

from api.rules.own_data import collected, relations_of, singular


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("posts", "post"),
        ("categories", "category"),
        ("boxes", "box"),
        ("classes", "class"),
        ("branches", "branch"),
        ("people", "person"),
        ("blog-people", "blog-person"),
        ("movies", "movie"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("news", "news"),
        ("Posts", "Post"),
        ("s", ""),
    ],
)
def test_the_singular_of_a_name(name, one):
    assert singular(name) == (one or "s")


def test_a_child_names_its_parent_and_an_empty_one_may_name_any():
    data = {"posts": [{"id": 1}], "comments": [{"id": 1, "postId": 1}], "likes": [], "profile": {"postId": 1}}
    found = relations_of([each.collection for each in collected(data)], "Id")
    assert {(each.parent.name, each.child.name, each.key) for each in found} == {
        ("posts", "comments", "postId"),
        ("posts", "likes", "postId"),
        ("comments", "likes", "commentId"),
    }

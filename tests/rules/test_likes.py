"""Patterns of `_like`."""

import pytest

from api.rules.likes import BadPattern, Like


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("serv", "a Server", True),
        ("^a.*z$", "abcz", True),
        ("^a.*z$", "abc", False),
        ("[0-9]x|foo", "a9X", True),
        ("[^a]", "aaa", False),
        ("[a-c-]", "-", True),
        ("[]]", "]", True),
        ("colou?r", "the COLOR", True),
        (r"a\.b", "axb", False),
        (r"a\.b", "xa.b", True),
        ("a.b", "a\nb", False),
        ("^$", "", True),
        ("^$", "a", False),
        ("a|", "zzz", True),
        ("", "anything", True),
        ("x*", "", True),
        ("^a*b", "aaab", True),
        ("^a*b", "cb", False),
        ("$a", "a", None),
    ],
)
def test_a_pattern_is_found_or_not(pattern, text, found):
    if found is None:
        with pytest.raises(BadPattern):
            Like(pattern)
    else:
        assert Like(pattern).search(text) is found


@pytest.mark.parametrize("pattern", ["(a)", "a+", "a{2}", "a*b*c*d*", "[a", r"\d", "\\", "*a", "[b-a]", "a" * 101])
def test_a_pattern_outside_the_subset_is_refused(pattern):
    with pytest.raises(BadPattern):
        Like(pattern)


def test_many_repeats_over_a_long_text_look_at_each_character_once(monkeypatch):
    steps = []
    after = Like._after
    monkeypatch.setattr(Like, "_after", lambda self, states, sign: steps.append(sign) or after(self, states, sign))
    assert not Like(".*.*.*!").search("a" * 100_000)
    assert len(steps) < 10

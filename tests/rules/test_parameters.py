"""Parameters of the toolbox: what is read, and that the schemas say the same."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api.rules.choices import CHOICES, read_choices
from api.rules.parameters import LARGEST, Number, Text, read_all
from api.rules.redirect_targets import LOCATION, as_location

SHARE = Number("share", "", 0, 1, whole=False)
CLAMPED = Number("n", "", 0, 100, clamped=True)
CODE = Number("code", "", 200, 599, but_not=(204, 304))


def is_read(parameter: Number | Text, text: str) -> bool:
    """Whether a text is read."""
    try:
        parameter.read(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        *(
            (SHARE, text, float(text))
            for text in ("0", "1", "0.5", ".5", "1.", "5e-1", "1E-300", "0.00012345678901234567")
        ),
        *((CLAMPED, text, 100) for text in ("100", "101", str(LARGEST))),
        (Number("n", "", 1, 10, checked=False), "11", 11),
        (CODE, "205", 205),
    ],
)
def test_a_number_is_read(parameter: Number, text: str, value: float) -> None:
    assert parameter.read(text) == value


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        *((SHARE, text) for text in ("", "1.1", "-0.1", "nan", "inf", "1_0", "e1", "1e999", "0x1", "1e", " 1", "1\n")),
        *((CLAMPED, text) for text in ("-1", "1.0", "1e1", str(LARGEST + 1), "1" * 30)),
        (Number("n", "", 1, 10, checked=False), str(-LARGEST - 1)),
        *((CODE, text) for text in ("204", "304", "199", "600")),
    ],
)
def test_another_number_is_refused(parameter: Number, text: str) -> None:
    with pytest.raises(ValueError, match="This must be a"):
        parameter.read(text)


@given(st.integers() | st.sampled_from([0, 100, 101, 199, 200, 204, 304, 599, 600, LARGEST, LARGEST + 1]))
def test_numbers_and_their_schemas_agree(number: int) -> None:
    for parameter in (CLAMPED, CODE, Number("n", "", -LARGEST, LARGEST)):
        assert is_read(parameter, str(number)) == Draft202012Validator(parameter.schema()).is_valid(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_fractions_and_their_schemas_agree(number: float) -> None:
    for parameter in (SHARE, Number("seconds", "", 0, LARGEST, whole=False)):
        assert is_read(parameter, str(number)) == Draft202012Validator(parameter.schema()).is_valid(number)


def test_a_setting_lowers_the_bound_and_the_default() -> None:
    settings = SimpleNamespace(most=0.5)
    lowered = Number("duration", "", 0, 60, 2, whole=False, setting="most").within(settings)
    assert lowered.schema() == {"type": "number", "minimum": 0, "maximum": 0.5, "default": 0.5}
    assert read_all([lowered], {}, {}) == ({"duration": 0.5}, [])
    assert SHARE.within(settings) is SHARE


@pytest.mark.parametrize(
    ("parameter", "good", "bad", "sentence"),
    [
        (Text("in", "", choices=("a", "b")), "a", "c", "This must be one of a, b."),
        (Text("name", "", pattern="[a-z]+", kind="a word"), "word", "Word\n", "This must be a word."),
        (Text("name", "", longest=3), "abc", "abcd", "This must have at most 3 characters."),
    ],
)
def test_a_text_has_its_form(parameter: Text, good: str, bad: str, sentence: str) -> None:
    assert parameter.read(good) == good
    values, faults = read_all([parameter], {}, {parameter.name: [bad]})
    assert (values, faults[0]["detail"]) == ({}, sentence)
    assert faults[0]["code"] == ("out_of_range" if parameter.longest == 3 else "wrong_form")
    validator = Draft202012Validator(parameter.schema())
    assert (validator.is_valid(good), validator.is_valid(bad)) == (True, False)


def test_a_text_that_the_method_judges_is_read() -> None:
    assert Text("in", "", choices=("a",), checked=False).read("b") == "b"
    assert Text("in", "", pattern="a", checked=False).read("b") == "b"


def test_a_text_that_is_only_in_paths_is_not_read_from_the_query() -> None:
    parameter = Text("algorithm", "", "MD5", only_in_path=True)
    assert read_all([parameter], {}, {"algorithm": ["x"]}) == ({"algorithm": "MD5"}, [])
    assert read_all([parameter], {"algorithm": "y"}, {}) == ({"algorithm": "y"}, [])


@given(
    st.text("20459:,. 6\n")
    | st.from_regex(CHOICES, fullmatch=True)
    | st.lists(st.sampled_from(["200", "200:0", " 404:0.0 ", "500:.0", "200:1", "600"])).map(",".join)
)
def test_the_pattern_of_choices_is_what_is_read(text: str) -> None:
    try:
        read_choices(text)
        good = True
    except ValueError:
        good = False
    assert good == bool(re.fullmatch(CHOICES, text))


@given(st.text("htpsHTPS:/ .a\\é\0?") | st.sampled_from([" https:x", "javascript:a", " \u2028a:b", "a/b:c", "//h:1"]))
def test_the_pattern_of_locations_is_what_is_taken(text: str) -> None:
    try:
        as_location(text)
        good = True
    except ValueError:
        good = False
    assert good == bool(re.fullmatch(LOCATION, text))

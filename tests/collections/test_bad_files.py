"""Files that are no data: encodings, numbers, nesting, and paths that are no files. Each ends in one sentence."""

import json

import pytest

from tests.servers import run

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'\xef\xbb\xbf{"a": []}', "Byte order mark: line 1, column 1."),
        ('{"a": []}'.encode("utf-16"), "Byte 0xff is not UTF-8: line 1, column 1."),
        ('{"a": "é"}'.encode("latin-1"), "Byte 0xe9 is not UTF-8: line 1, column 8."),
        (b'{"a": [{"x": NaN}]}', "NaN is not a JSON number: line 1, column 14."),
        (b'{"a": [{"x": 1e999}]}', "Number beyond the range of a double: line 1, column 14."),
        (b'{"a": [{"x": ' + b"9" * 5000 + b"}]}", "Number of more than 1000 digits: line 1, column 14."),
        (b'{"a": [{"x": 1, "x": 2}]}', "Duplicate member: line 1, column 17."),
        (b'{"a": [{"x": ' + b"[" * 9999 + b"]" * 9999 + b"}]}", "Nesting deeper than 32 levels: line 1, column 43."),
        (b'{"a": [{"x": "\\ud800"}]}', "Lone surrogate: line 1, column 14."),
        (b"{'a': []}", "Expecting property name enclosed in double quotes: line 1, column 2."),
        (b"// a\n{}", "Expecting value: line 1, column 1."),
        (b'{"a": []} {}', "Extra data: line 1, column 11."),
        (b"\x1f\x8b\x08", "Byte 0x8b is not UTF-8: line 1, column 2."),
    ],
)
def test_a_file_that_is_no_json_ends_with_the_line_and_the_column(tmp_path, content, sentence) -> None:
    file = tmp_path / "db.json"
    file.write_bytes(content)
    done = run("serve", "--data", str(file), "--ephemeral", "--port", "0")
    assert (done.returncode, done.stderr) == (2, f"Touchstone: {file}: This is not JSON. {sentence}\n")


@pytest.mark.parametrize(
    ("documents", "sentence"),
    [
        ([{"id": True}], "a[0], member id: true cannot be an id"),
        ([{"id": {}}], "a[0], member id: {} cannot be an id"),
        ([{"id": 0}, {"id": -0}], "a[1], member id: 0 is the id of a[0] already."),
        ([{"id": ".."}], 'a[0], member id: ".." cannot be an id'),
        ([{"id": "a\nb"}], 'a[0], member id: "a\\nb" cannot be an id'),
        ([{"id": "x" * 257}], "cannot be an id: use whole numbers, or texts of 1 to 256 characters"),
        ([{"id": 1}, None], "a[1] must be an object, and is null."),
        ([[{"id": 1}]], "a[0] must be an object, and is an array."),
    ],
)
def test_a_bad_document_ends_with_its_place(tmp_path, documents, sentence) -> None:
    file = tmp_path / "db.json"
    file.write_text(json.dumps({"a": documents}))
    done = run("serve", "--data", str(file), "--ephemeral", "--port", "0")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("path", ["/", "/dev/null", "/dev/full"])
def test_a_path_that_is_no_file_of_data_ends_in_one_sentence(path) -> None:
    done = run("serve", "--data", path, "--ephemeral", "--port", "0")
    assert done.returncode == 2
    assert done.stderr == f"Touchstone: --data is {path!r}, which is no readable file: check the path.\n"
    assert done.stderr.count("\n") == 1

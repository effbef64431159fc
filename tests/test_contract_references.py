"""References such as `CONTRACT §2, 12–16` name existing sections and rows of docs/contract.md."""

import re

import pytest

from tests.servers import ROOT

FILES = [
    path
    for folder in ("api", "resources", "tests", "docs")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in {".py", ".md", ".html"}
] + [*ROOT.glob("*.md"), *ROOT.glob("*.py")]
ROW = re.compile(r"^\| (\d+) \|", re.MULTILINE)
# One or more sections after the word, each optionally with a row, or with a first and last row.
SECTION = r"§(\d+)(?:, (\d+)(?:–(\d+))?)?"
REFERENCE = re.compile(rf"CONTRACT\s+((?:{SECTION}(?:[,;] )?)+)")


def sections(text: str) -> dict[str, set[str]]:
    """The numbers of a document's sections, each with the row numbers of its tables."""
    parts = re.split(r"^## (\d+)\. ", text, flags=re.MULTILINE)
    return {number: set(ROW.findall(body)) for number, body in zip(parts[1::2], parts[2::2], strict=True)}


def wrong(text: str, known: dict[str, set[str]]) -> list[str]:
    """The references in a text to a section or row that does not exist."""
    return [
        f"§{section}, {first}" if first else f"§{section}"
        for (named, *_) in REFERENCE.findall(text)
        for section, first, last in re.findall(SECTION, named)
        if section not in known or not {each for each in (first, last) if each} <= known[section]
    ]


def test_each_reference_to_the_contract_names_a_section_or_row() -> None:
    known = sections((ROOT / "docs" / "contract.md").read_text())
    assert list(known) == [str(number) for number in range(1, 12)]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in FILES}
    assert sum(len(REFERENCE.findall(text)) for text in texts.values()) > 100
    assert {name: found for name, text in texts.items() if (found := wrong(text, known))} == {}


@pytest.mark.parametrize("reference", ["§3", "§1, §3", "§1, 2", "§1, 1–3"])
def test_a_reference_to_a_missing_section_or_row_is_found(reference: str) -> None:
    assert wrong(f"(CONTRACT {reference})", {"1": {"1"}, "2": set()}) != []

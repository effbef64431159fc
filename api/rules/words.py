"""The words of a text, as both databases index and search them (CONTRACT §4)."""

import re
from unicodedata import category, normalize

LONGEST_WORD = 64  # longer than any word that people search for; longer text is data, and would inflate the index

_ASCII_WORD = re.compile(f"([a-z0-9]{{1,{LONGEST_WORD}}})[a-z0-9]*")  # faster than cutting each word later
_ROUNDS = 4  # no single character changes more than twice; the rest is a margin for combinations


def words(text: str) -> list[str]:
    """Return the distinct words of a text, folded, in order of first occurrence.

    A word consists of letters, digits and combining marks; everything else separates
    words. Folding removes case and the two ways to write an accent (casefold and
    NFC; NFKC would turn one character into eighteen, and overflow PostgreSQL's
    index of a long text). Words are cut at LONGEST_WORD characters. Applying this function
    to its own output changes nothing, so searches can be folded like texts.
    """
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        found = [word[:LONGEST_WORD] for word in _parted(_folded(text))]
    return list(dict.fromkeys(found))


def _folded(text: str) -> str:
    # Each can undo the other: casefold splits what NFC composes, and NFC turns symbols into capitals.
    for _ in range(_ROUNDS):
        before, text = text, normalize("NFC", text.casefold())
        if text == before:
            break
    return text


def _parted(text: str) -> list[str]:
    separators = {ord(each): " " for each in set(text) if category(each)[0] not in "LNM"}
    return text.translate(separators).split()


def folded(text: str) -> str:
    """Lower the ASCII letters of a text and no others: both databases compare names and e-mail addresses like this."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")

"""The words of a text, as both databases index and search them (CONTRACT §4)."""

import re
from unicodedata import category, normalize

LONGEST_WORD = 64  # longer than any word that somebody looks for; what runs on is data, and would swell the index

_ASCII_WORD = re.compile(f"([a-z0-9]{{1,{LONGEST_WORD}}})[a-z0-9]*")  # cut here, which takes less than to cut each
_ROUNDS = 4  # no single character changes more than twice; the rest is margin for combinations


def words(text: str) -> list[str]:
    """The distinct words of a text, folded, in the order in which they first occur.

    Letters, digits and combining marks make a word, and everything else parts
    them. Case and the two ways to write an accent are folded away (casefold and
    NFC; NFKC would make one character into eighteen, and overflow PostgreSQL's
    index of a long text), and words are cut at LONGEST_WORD characters. The words of words are themselves,
    so a search may be folded by the same function as the text.
    """
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        found = [word[:LONGEST_WORD] for word in _parted(_folded(text))]
    return list(dict.fromkeys(found))


def _folded(text: str) -> str:
    # Each of the two can undo the other: casefold breaks up what NFC composes, and NFC makes capitals of symbols.
    for _ in range(_ROUNDS):
        before, text = text, normalize("NFC", text.casefold())
        if text == before:
            break
    return text


def _parted(text: str) -> list[str]:
    separators = {ord(each): " " for each in set(text) if category(each)[0] not in "LNM"}
    return text.translate(separators).split()

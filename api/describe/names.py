"""Names of the schemas that stand beside models."""

import re


def subject(name: str) -> str:
    """What a model of this name is about, as the names of all that belongs to it start: `Article` of ArticleOut."""
    return re.sub("(?<=.)(In|Out|Made|Change|Form)$", "", name)


def words(text: str) -> str:
    """A name of several words as part of a component's: `ArticleId` for `article_id`."""
    return "".join(word[0].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", text))


def singular(name: str) -> str:
    """The name for one of several: `TokenScope` of `TokenScopes`; of one it is the same."""
    return re.sub("(?<![isu])s$", "", name)

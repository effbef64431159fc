"""Names of the schemas that are derived from models."""

import re


def subject(name: str) -> str:
    """The subject of a model, which begins the names of all its schemas: `Article` for ArticleOut."""
    return re.sub("(?<=.)(In|Out|Made|Change|Form)$", "", name)


def words(text: str) -> str:
    """A text as part of a component's name: `ArticleId` for `article_id`."""
    return "".join(word[0].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", text))


def singular(name: str) -> str:
    """The singular of a name: `TokenScope` for `TokenScopes`; a singular is returned unchanged."""
    return re.sub("(?<![isu])s$", "", name)

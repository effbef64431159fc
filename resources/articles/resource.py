"""The resources `/articles` and `/articles/<id>`."""

from typing import Any

import sqlalchemy as sa

from api.rules.problems import (
    ContentTooLarge,
    Invalid,
    InvalidCursor,
    InvalidHeader,
    InvalidParameter,
    MalformedBody,
    MalformedJson,
    PatchConflict,
    PreconditionFailed,
    UnsupportedEncoding,
    UnsupportedMediaType,
)
from api.store.rows import Row, delete_row, insert_row, read_row, update_row
from api.web import representations
from api.web.parsers import RequestParser
from api.web.patching import PatchParser
from api.web.preconditions import if_match, tag, validators
from api.web.request import no_parameters
from api.web.resource import Answer, LostRace, Resource, answers, found
from api.web.storage import reading, transaction
from resources.articles.table import READ_ONLY, ArticleIn, ArticleOut, articles, listing, words

BODY = [
    ContentTooLarge,
    Invalid,
    InvalidHeader,
    MalformedBody,
    MalformedJson,
    UnsupportedEncoding,
    UnsupportedMediaType,
]

# A draft is its author's alone. As long as nobody signs in, everybody is the anonymous author.
VISIBLE = sa.or_(articles.c.status == "published", articles.c.author_id.is_(None))


def visible_article(db: sa.Connection, article_id: int, *, lock: bool = False) -> Row:
    """Read an article that the reader may see, locked where it is to be changed; absent and hidden are 404 alike."""
    article = found(read_row(db, articles, article_id, lock=lock))
    return found(article if article["status"] == "published" or article["author_id"] is None else None)


class Articles(Resource):
    """The articles."""

    paths = ("/articles",)
    noun = "article"
    offers = representations.LIST
    draft = RequestParser(ArticleIn, read_only=READ_ONLY)

    @answers(200, ArticleOut, asks=listing.query, refuses=[InvalidCursor, InvalidParameter])
    def get(self) -> Answer:
        """List articles, newest first."""
        return listing.answer(VISIBLE)

    @answers(201, ArticleOut, takes=draft, refuses=BODY)
    def post(self) -> Answer:
        """Publish an article."""
        sent = self.draft.parse_args()  # 400 413 415 422
        with transaction() as db:
            article = insert_row(db, articles, {**sent, "author_id": None})
            words.add(db, article)
        return article, 201, {"Location": ArticleItem.url(article["id"]), **validators(article)}


class ArticleItem(Resource):
    """One article."""

    paths = ("/articles/<id:article_id>",)
    draft = RequestParser(ArticleIn, read_only=READ_ONLY)
    change = PatchParser(ArticleIn, read_only=READ_ONLY)

    @answers(200, ArticleOut, asks=listing.member_query, refuses=[InvalidParameter])
    def get(self, article_id: int) -> Answer:
        """Read an article."""
        with reading() as db:
            article = visible_article(db, article_id)  # 404
        asked = listing.member_query.parse_args()  # 400
        return listing.member(article, asked), 200, validators(article, asked.get("fields", ()))

    @answers(200, ArticleOut, takes=draft, refuses=[*BODY, PreconditionFailed])
    def put(self, article_id: int) -> Answer:
        """Replace an article. What is left out is reset to its default."""
        article = self.write(article_id, self.draft)
        # What was sent was completed, so the tag would not be of what was sent (RFC 9110 §9.3.4).
        return article, 200, {}

    @answers(200, ArticleOut, takes=change, refuses=[*BODY, PatchConflict, PreconditionFailed])
    def patch(self, article_id: int) -> Answer:
        """Change a part of an article, by a merge patch or a JSON Patch."""
        article = self.write(article_id, self.change)
        return article, 200, {"ETag": tag(article)}

    @answers(204, refuses=[PreconditionFailed])
    def delete(self, article_id: int) -> Answer:
        """Delete an article."""
        with transaction() as db:
            article = visible_article(db, article_id, lock=True)  # 404
            if_match(article)  # 412
            no_parameters()  # 400
            if not delete_row(db, articles, article):
                raise LostRace
            words.remove(db, article)
        return None, 204, {}

    def write(self, article_id: int, parser: RequestParser) -> dict[str, Any]:
        """Read the article, check what was sent against it, and write the next version."""
        with transaction() as db:
            article = visible_article(db, article_id, lock=True)  # 404
            parser.check_body()  # 413 415
            if_match(article)  # 412
            sent = parser.parse_args(current=article)  # 400 409 422
            changed = update_row(db, articles, article, sent)
            if changed is None:
                raise LostRace
            words.replace(db, article, changed)
        return changed

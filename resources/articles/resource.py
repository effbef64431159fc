"""The resources `/articles` and `/articles/<id>`."""

from functools import partial

import sqlalchemy as sa

from api.kit import (
    CONDITIONS,
    Account,
    Answer,
    Forbidden,
    LostRace,
    PatchParser,
    RequestParser,
    Resource,
    Row,
    answers,
    audited,
    changed,
    changing,
    created,
    delete_row,
    found,
    if_match,
    insert_row,
    no_parameters,
    once,
    owner_only,
    read_row,
    reader,
    reading,
    representations,
    signed_in,
    transaction,
    update_row,
    validators,
)
from api.rules.clock import present
from api.store.accounts import when_deleted
from api.store.filters import Condition
from resources.articles.table import READ_ONLY, ArticleIn, ArticleOut, articles, listing, words

CHANGING = [*CONDITIONS, Forbidden]
# A literal instead of a bound parameter: nearly every list tests it for every row.
PUBLISHED = articles.c.status == sa.literal_column("'published'")
PUBLISHED_OR_OWN = sa.or_(PUBLISHED, articles.c.author_id == sa.bindparam("account_id"))


def visible(account: Account | None) -> list[Condition]:
    """The condition for articles that the account may see: a draft is for its author and administrators."""
    if account is None:
        return [PUBLISHED]
    return [] if account.is_admin else [PUBLISHED_OR_OWN]


def visible_article(db: sa.Connection, article_id: int, *, lock: bool = False) -> Row:
    """Read an article that the caller may see; `lock` it for a change. Absent and hidden ones are both 404."""
    article = found(read_row(db, articles, article_id, lock=lock))
    account = reader()
    shown = article["status"] == "published" or (account is not None and account.may_change(article["author_id"]))
    return found(article if shown else None)


def own_article(db: sa.Connection, article_id: int, *, lock: bool = False) -> Row:
    """Read an article that the caller may change."""
    article = visible_article(db, article_id, lock=lock)  # 404
    owner_only(article["author_id"])  # 403
    return article


@when_deleted(order=1)
def part_from(db: sa.Connection, author_id: int) -> None:
    """On the deletion of an account, delete its drafts and remove it as the author of its published articles."""
    drafts = articles.c.author_id == author_id, articles.c.status == "draft"
    words.remove_all(db, sa.select(articles.c.id).where(*drafts))
    db.execute(articles.delete().where(*drafts))
    # The author is a member of the representation, so this is a new version.
    db.execute(
        articles.update()
        .where(articles.c.author_id == author_id)
        .values(author_id=None, version=articles.c.version + 1, updated_at=present())
    )


class Articles(Resource):
    """The articles."""

    paths = ("/articles",)
    noun = "article"
    cacheable = True
    offers = representations.LIST
    draft = RequestParser(ArticleIn, read_only=READ_ONLY)

    @answers(200, ArticleOut, asks=listing.query)
    def get(self) -> Answer:
        """List articles, newest first."""
        account = reader()
        return listing.answer(*visible(account), account_id=account.id if account else None)

    @answers(201, ArticleOut, takes=draft, keyed=True, signed_in="articles:write")
    def post(self) -> Answer:
        """Create an article. A repetition creates a second one; with the same Idempotency-Key it is replayed."""
        with once(self.draft) as (db, sent):  # 400 409 413 415 422, or the stored answer
            article = insert_row(db, articles, {**sent, "author_id": signed_in().id})
            words.add(db, article)
            return created(db, ArticleItem, article)


class ArticleItem(Resource):
    """One article."""

    paths = ("/articles/<id:article_id>",)
    owner = "author_id"
    cacheable = True
    draft = RequestParser(ArticleIn, read_only=READ_ONLY)
    change = PatchParser(ArticleIn, read_only=READ_ONLY)

    @answers(200, ArticleOut, asks=listing.member_query)
    def get(self, article_id: int) -> Answer:
        """Read an article."""
        with reading() as db:
            article = visible_article(db, article_id)  # 404
        asked = listing.member_query.parse_args()  # 400
        return listing.member(article, asked), 200, validators(article, asked.get("fields", ()))

    @answers(200, ArticleOut, takes=draft, signed_in="articles:write", refuses=CHANGING)
    def put(self, article_id: int) -> Answer:
        """Replace an article. Members that are left out are reset to their defaults."""
        return self.write(article_id, self.draft)

    @answers(200, ArticleOut, takes=change, keyed=True, signed_in="articles:write", refuses=CHANGING)
    def patch(self, article_id: int) -> Answer:
        """Change a part of an article, by a merge patch or a JSON Patch. An Idempotency-Key makes it safe to repeat."""
        return self.write(article_id, self.change)

    @answers(204, signed_in="articles:write", refuses=CHANGING)
    def delete(self, article_id: int) -> Answer:
        """Delete an article."""
        with transaction() as db:
            article = own_article(db, article_id, lock=True)  # 404 403
            if_match(article)  # 412
            no_parameters()  # 400
            if not delete_row(db, articles, article):
                raise LostRace
            words.remove(db, article)
            audited(db, "delete", self.place(article_id))
        return None, 204, {}

    def write(self, article_id: int, parser: RequestParser) -> Answer:
        """Write the next version of an article."""
        with changing(parser, partial(own_article, article_id=article_id)) as (db, article, sent):
            after = update_row(db, articles, article, sent)
            if after:
                words.replace(db, article, after)
            return changed(db, ArticleItem, after)

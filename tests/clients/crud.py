"""A program with the client of openapi-python-client: registers, creates, reads, updates and deletes.

Run with the URL of a server.
"""

import sys
from base64 import b64encode
from http import HTTPStatus
from uuid import uuid4

from touchstone_client import AuthenticatedClient, Client
from touchstone_client.api.articles import (
    delete_articles_item,
    get_articles,
    get_articles_item,
    patch_articles_item,
    post_articles,
    put_articles_item,
)
from touchstone_client.api.tokens import post_tokens
from touchstone_client.api.users import get_users_me, post_users
from touchstone_client.models import (
    ArticleIn,
    ArticleMergePatch,
    ArticleOut,
    ArticlePage,
    ArticleStatus,
    JsonPatchOperation,
    JsonPatchOperationOp,
    Problem,
    TokenIn,
    TokenMade,
    UserIn,
    UserOut,
)

url = sys.argv[1]
name = f"client-{uuid4().hex[:12]}"
password = f"password-{uuid4().hex}"

# Register, and create a token.
anyone = Client(base_url=url)
user = post_users.sync(
    client=anyone, body=UserIn(username=name, name="A client", email=f"{name}@example.org", password=password)
)
assert isinstance(user, UserOut), user
signed_in = AuthenticatedClient(base_url=url, token=b64encode(f"{name}:{password}".encode()).decode(), prefix="Basic")
made = post_tokens.sync(client=signed_in, body=TokenIn())
assert isinstance(made, TokenMade), made
client = AuthenticatedClient(base_url=url, token=made.token)
me = get_users_me.sync(client=client)
assert isinstance(me, UserOut), me
assert (me.id, me.username) == (user.id, name)

# Create, and read.
created = post_articles.sync_detailed(
    client=client, body=ArticleIn(title="By a client", body="Hello", tags=[name]), idempotency_key=name
)
article = created.parsed
assert isinstance(article, ArticleOut), article
assert created.status_code == HTTPStatus.CREATED
assert created.headers["Location"] == f"/articles/{article.id}"
assert (article.title, article.body, article.tags) == ("By a client", "Hello", [name])
assert (article.status, article.author_id) == (ArticleStatus.PUBLISHED, user.id)
assert article.created_at.tzinfo is not None
assert get_articles_item.sync(article.id, client=anyone) == article
page = get_articles.sync(client=anyone, tags=name, count=True)
assert isinstance(page, ArticlePage), page
assert (page.items, page.total) == ([article], 1)

# Update, by PUT and by both kinds of PATCH.
replaced = put_articles_item.sync(article.id, client=client, body=ArticleIn(title="Replaced", body=""))
assert isinstance(replaced, ArticleOut), replaced
assert (replaced.title, replaced.body, replaced.tags, replaced.version) == ("Replaced", "", [], 2)
merged = patch_articles_item.sync(article.id, client=client, body=ArticleMergePatch(title="Merged"), if_match='"v2"')
assert isinstance(merged, ArticleOut), merged
assert (merged.title, merged.body, merged.version) == ("Merged", "", 3)
operation = JsonPatchOperation(op=JsonPatchOperationOp.ADD, path="/tags/-", value="added")
patched = patch_articles_item.sync(article.id, client=client, body=[operation])
assert isinstance(patched, ArticleOut), patched
assert (patched.tags, patched.version) == (["added"], 4)

# Read refusals.
refused = put_articles_item.sync(article.id, client=client, body=ArticleIn(title="", body="", tags=["Not OK"]))
assert isinstance(refused, Problem), refused
assert (refused.type_, refused.status) == ("/problems/invalid", HTTPStatus.UNPROCESSABLE_ENTITY)
assert refused.errors
assert [(each.pointer, each.code) for each in refused.errors] == [("#/title", "too_short"), ("#/tags/0", "wrong_form")]
stale = patch_articles_item.sync(article.id, client=client, body=ArticleMergePatch(), if_match='"v1"')
assert isinstance(stale, Problem), stale
assert (stale.type_, stale.current_etag) == ("/problems/precondition-failed", '"v4"')

# Delete.
assert delete_articles_item.sync_detailed(article.id, client=client).status_code == HTTPStatus.NO_CONTENT
gone = get_articles_item.sync(article.id, client=anyone)
assert isinstance(gone, Problem), gone
assert (gone.type_, gone.status) == ("/problems/not-found", HTTPStatus.NOT_FOUND)

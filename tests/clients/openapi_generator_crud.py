"""A program with the Python client of openapi-generator: reads, creates, updates and deletes.

Run with the URL of a server.
"""

import sys
from uuid import uuid4

from openapi_client import ApiClient, ApiException, Configuration
from openapi_client.api.articles_api import ArticlesApi
from openapi_client.api.home_api import HomeApi
from openapi_client.api.metrics_api import MetricsApi
from openapi_client.api.openapi_yaml_api import OpenapiYamlApi
from openapi_client.api.users_api import UsersApi
from openapi_client.models.article_in import ArticleIn
from openapi_client.models.article_merge_patch import ArticleMergePatch
from openapi_client.models.article_status import ArticleStatus

client = ApiClient(Configuration(host=sys.argv[1], username="john", password="john"))
name = f"client-{uuid4().hex[:12]}"

# Public resources.
home = HomeApi(client).get_home()
assert home.links["articles"].href == "/articles", home
assert home.links["echo"].templated is None
assert home.links["status"].templated is True
families = {family.name: family for family in MetricsApi(client).get_metrics().items}
assert families["touchstone_http_requests_in_flight"].samples[0].value >= 1
assert OpenapiYamlApi(client).get_openapi_yaml()["openapi"] == "3.1.0"
me = UsersApi(client).get_users_me().actual_instance
assert (me.username, me.role) == ("john", "user"), me

# Create, list, read, change and delete.
api = ArticlesApi(client)
article = api.post_articles(ArticleIn(title="By a client", body="Hello", tags=[name]), idempotency_key=name)
assert (article.title, article.status, article.author_id) == ("By a client", ArticleStatus.PUBLISHED, me.id)
page = api.get_articles(tags=name, count=True).actual_instance
assert (page.items, page.total) == ([article], 1), page
parts = api.get_articles(tags=name, fields=["id", "title"]).actual_instance
assert [(part.id, part.title, part.body) for part in parts.items] == [(article.id, "By a client", None)]
assert api.get_articles_item(article.id).actual_instance == article
draft = api.put_articles_item(article.id, ArticleIn(title="Replaced", body="", status=ArticleStatus.DRAFT))
assert (draft.title, draft.status, draft.version) == ("Replaced", ArticleStatus.DRAFT, 2)
merged = api.patch_articles_item(article.id, ArticleMergePatch(title="Merged"), if_match='"v2"')
assert (merged.title, merged.status, merged.version) == ("Merged", ArticleStatus.DRAFT, 3)
refusals = []
try:
    api.patch_articles_item(article.id, ArticleMergePatch(title="Late"), if_match='"v2"')
except ApiException as refused:
    refusals = [refused.status, refused.data.type]
assert refusals == [412, "/problems/precondition-failed"]
api.delete_articles_item(article.id)

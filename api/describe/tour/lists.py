"""The middle of the tour: lists and conditions."""

from api.describe.tour.articles import ARTICLE
from api.describe.tour.visits import AS_PATCH, Folder, Visit, equal, refused

LISTS: Folder = (
    "Lists",
    "Pages, filters, and other formats. All lists work like this one.",
    (
        Visit(
            name="Read the first page",
            path="/articles",
            query={"limit": "1", "count": "true"},
            shows="A list comes in pages, newest first. `limit` is the size of a page; `count` adds the total.",
            look=("`total`", "the header field `Link`: the address of the next page, with a cursor"),
            tests={
                "The page has one article": equal("pm.response.json().items.length", "1"),
                "There are more": "pm.expect(pm.response.json().total).to.be.above(1)",
                "Link leads to the next page": 'pm.expect(pm.response.headers.get("Link")).to.include(\'rel="next"\')',
            },
            keeps={
                "first_id": "pm.response.json().items[0].id",
                "cursor": 'pm.response.headers.get("Link").match(/[?&]cursor=([^&>]+)[^>]*>; *rel="next"/)[1]',
            },
        ),
        Visit(
            name="Read the next page",
            path="/articles",
            query={"limit": "1", "count": "true", "cursor": "{{cursor}}"},
            shows="A cursor marks a place in the list. A client copies it from `Link`, and does not build it itself.",
            look=("the article: an older one", "`Link`: it leads on"),
            tests={
                "The article is an older one": (
                    'pm.expect(pm.response.json().items[0].id).to.be.below(Number(pm.variables.get("first_id")))'
                )
            },
        ),
        Visit(
            name="Filter, sort, and choose members",
            path="/articles",
            query={"tags": "tour", "title:contains": "article", "sort": "-updated_at", "fields": "id,title"},
            shows=(
                "Each member has filters: `tags=tour`, `title:contains=article`. `sort` takes members, with `-` for "
                "descending. `fields` chooses the members of the answer. `q` searches for words."
            ),
            look=("the articles: each has `id` and `title` only",),
            tests={
                "Each article has id and title only": (
                    'pm.response.json().items.forEach(each => pm.expect(each).to.have.all.keys("id", "title"))'
                ),
                "The changed article is among them": (
                    "pm.expect(pm.response.json().items.map(each => each.id))"
                    '.to.include(Number(pm.variables.get("article_id")))'
                ),
            },
        ),
        Visit(
            name="Read the list as CSV",
            path="/articles",
            query={"tags": "tour"},
            fields={"Accept": "text/csv"},
            shows=(
                "`Accept` chooses the format: JSON, XML, CSV, NDJSON, or a page for a browser. The answer says in "
                "`Vary` that it depends on it."
            ),
            look=("`Content-Type`", "the body: one line for each article, after a line with the names"),
            tests={
                "The answer is CSV": 'pm.expect(pm.response.headers.get("Content-Type")).to.include("text/csv")',
                "The first line has the names": "pm.expect(pm.response.text()).to.match(/^id,title,/)",
            },
        ),
    ),
)

CONDITIONS: Folder = (
    "Conditions",
    "With the tag of a version, a client reads only what is new, and never overwrites the work of others.",
    (
        Visit(
            name="Read it only if it has changed",
            path=ARTICLE,
            fields={"If-None-Match": "{{article_tag}}"},
            shows="The client already has this version, and sends its tag. The server does not send the article again.",
            status=304,
            look=("the body: there is none", "`ETag`: the same"),
            tests={"There is no content": equal("pm.response.text()", '""')},
        ),
        Visit(
            name="Change it only if nobody else has",
            method="PATCH",
            path=ARTICLE,
            fields={**AS_PATCH, "If-Match": "{{article_tag}}"},
            body='{"title": "Changed with a condition"}',
            shows="`If-Match` has the tag of the last read. It is still current: the server makes the change.",
            look=("`ETag`: a new one; the old one is stale now",),
            tests={
                "There is a new tag": (
                    'pm.expect(pm.response.headers.get("ETag")).to.not.eql(pm.variables.get("article_tag"))'
                )
            },
        ),
        Visit(
            name="Change it with a stale tag",
            method="PATCH",
            path=ARTICLE,
            fields={**AS_PATCH, "If-Match": "{{article_tag}}"},
            body='{"title": "This would undo the change before"}',
            shows=(
                "The same tag once more. The article has changed since, so the server refuses. The client reads the "
                "article again, and decides."
            ),
            status=412,
            look=("`detail`: what to do", "the article: it keeps its title"),
            tests=refused("precondition-failed"),
        ),
    ),
)

LISTED = (LISTS, CONDITIONS)

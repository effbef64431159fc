"""The tour: a Postman collection of about 40 requests in the order in which a person learns the API."""

from http import HTTPStatus

from api.describe.examples import examples
from api.describe.postman import SCHEMA, Item, answer, auth_of, event, request
from api.describe.scripts import quoted, test
from api.describe.steps import ACCOUNT
from api.describe.tour.articles import ARTICLES
from api.describe.tour.lists import LISTED
from api.describe.tour.others import OTHERS
from api.describe.tour.retries import RETRIES
from api.describe.tour.visits import Visit

FOLDERS = (*ARTICLES, *LISTED, *OTHERS[:-1], RETRIES, OTHERS[-1])
ABOUT = """\
Learn the API in about 40 requests. Choose the environment "Touchstone" (`/postman/environment.json`), then send the
requests one by one from top to bottom. The description of each request says what it shows, and what to look at in the
answer; its tests check just that.

Later requests use variables that earlier ones set, such as `article_id`. The last folder deletes everything that the
tour created, so you can repeat it. "Run collection" sends all of it.

For a test of every operation, use the conformance collection, `/postman/collection.json`."""


def tour(base_url: str, *, faults: bool = True) -> Item:
    """The collection in format 2.1. `base_url` is the default if no environment is chosen.

    `faults` says whether everybody may make spaces and order faults there; otherwise that folder is left out.
    """
    folders = [each for each in FOLDERS if faults or each is not RETRIES]
    kept = dict.fromkeys(name for _, _, visits in folders for each in visits for name in each.sets)
    return {
        "info": {
            "_postman_id": "0b9c4f0e-52a1-4d7c-8b0a-70c457011e02",
            "name": "Touchstone: tour",
            "description": ABOUT,
            "schema": SCHEMA,
        },
        "auth": auth_of(ACCOUNT),
        "variable": [{"key": "base_url", "value": base_url}, *({"key": name, "value": ""} for name in kept)],
        "item": [
            {"name": name, "description": words, "item": [item(each) for each in visits]}
            for name, words, visits in folders
        ],
    }


def item(visit: Visit) -> Item:
    """One request with its description, its tests and its recorded answer."""
    sent = request(
        visit.method,
        visit.path.strip("/").split("/"),
        description=described(visit),
        query=visit.query,
        fields=visit.fields,
        body=visit.body,
        login=visit.login,
    )
    if visit.form:
        parameters = [{"key": name, "value": value, "type": "text"} for name, value in visit.form.items()]
        sent["body"] = {"mode": "formdata", "formdata": parameters}
    recorded = examples().get(visit.id)
    before = [f"pm.collectionVariables.set({quoted(name)}, {value});" for name, value in visit.starts.items()]
    return {
        "id": visit.id,
        "name": visit.name,
        "request": sent,
        "response": [answer(sent, recorded)] if recorded else [],
        "event": [*([event("prerequest", "\n".join(before))] if before else []), event("test", script(visit))],
    }


def described(visit: Visit) -> str:
    """What the request shows, and what to look at, in Markdown."""
    points = "\n".join(f"- {each}" for each in visit.look)
    return f"{visit.shows}\n\n**Look at:**\n\n{points}"


def script(visit: Visit) -> str:
    """The tests, and the variables for later requests."""
    phrase = HTTPStatus(visit.status).phrase
    lines = [test(f"The status is {visit.status} {phrase}", f"pm.response.to.have.status({visit.status})")]
    lines += [test(says, checks) for says, checks in visit.tests.items()]
    lines += [f"pm.collectionVariables.set({quoted(name)}, {value});" for name, value in visit.keeps.items()]
    return "\n".join(lines)

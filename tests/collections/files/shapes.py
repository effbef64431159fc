"""Fifteen shapes of data. `SHAPES` has a function for each, which takes a source of chance and returns the file."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

File = dict[str, Any]
WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "kiosk",
    "larch",
    "müsli",
    "north",
    "ōtepoti",
    "plaza",
    "quill",
    "river",
]
EMOJI = ("", "🙂", "e\u0301", "𝔘")


class Shape(NamedTuple):
    """A file: its main collection, a member to filter and to sort by, options of the server, and its maker."""

    collection: str
    member: str
    make: Callable[[Random], File]
    options: tuple[str, ...] = ()


def words(chance: Random, most: int = 6) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))


def day(chance: Random) -> str:
    return f"20{chance.randint(10, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def blog(chance: Random) -> File:
    posts = [{"id": n, "title": words(chance), "author_id": 1 + n % 3, "draft": n % 4 == 0} for n in range(1, 6)]
    comments = [{"id": n, "postId": 1 + n % 5, "body": words(chance, 20)} for n in range(1, 4)]
    return {"posts": posts, "comments": comments, "profile": {"name": "A blog", "theme": {"dark": True}}, "drafts": []}


def shop(chance: Random) -> File:
    products = [
        {
            "id": n,
            "name": words(chance),
            "price": chance.randint(1, 99_999) / 100,
            "stock": chance.choice([None, 0, 12]),
            "images": [f"https://example.org/{n}/{k}.webp" for k in range(n % 4)],
            "dimensions": {"width": chance.random(), "height": chance.random(), "unit": "m"},
            "categoryId": 1 + n % 5,
        }
        for n in range(1, 101)
    ]
    orders = [
        {
            "id": f"o-{n:05}",
            "placed": day(chance),
            "lines": [{"productId": chance.randint(1, 100), "count": chance.randint(1, 9)} for _ in range(1 + n % 3)],
        }
        for n in range(60)
    ]
    return {
        "products": products,
        "orders": orders,
        "categories": [{"id": n, "name": words(chance, 1)} for n in range(1, 6)],
    }


def todos(chance: Random) -> File:
    return {
        "todos": [
            {"userId": 1 + n // 20, "id": n, "title": words(chance), "completed": chance.random() < 0.5}
            for n in range(1, 201)
        ]
    }


def countries(chance: Random) -> File:
    codes = [first + second for first in "ABCDEF" for second in "AEIOUXY"]
    return {
        "countries": [
            {
                "id": code,
                "name": {"common": words(chance, 1).title(), "native": {"x": {"official": words(chance)}}},
                "capital": [words(chance, 1)] if chance.random() < 0.9 else [],
                "borders": chance.sample(codes, chance.randint(0, 5)),
                "area": chance.choice([chance.randint(1, 10**7), 0.44]),
                "independent": chance.choice([True, False, None]),
                "latlng": [chance.uniform(-90, 90), chance.uniform(-180, 180)],
            }
            for code in codes
        ]
    }


def features(chance: Random) -> File:
    return {
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": [
            {
                "type": "Feature",
                "id": n,
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[chance.random(), chance.random()] for _ in range(4)] for _ in range(1 + n % 2)],
                },
                "properties": {"mag": chance.random() * 9, "place": words(chance), "felt": None if n % 2 else n},
            }
            for n in range(300)
        ],
    }


def issues(chance: Random) -> File:
    return {
        "issues": [
            {
                "id": 1_000_000_000 + n,
                "number": n,
                "title": words(chance) + chance.choice(EMOJI),
                "state": chance.choice(["open", "closed"]),
                "labels": [{"name": words(chance, 1), "color": f"{chance.randrange(2**24):06x}"} for _ in range(n % 3)],
                "user": {"login": words(chance, 1), "site_admin": False},
                "milestone": None if n % 3 else {"title": words(chance), "due_on": day(chance) + "T00:00:00Z"},
                "pull_request": {"url": f"https://example.org/pulls/{n}"},
                "body": None if n % 7 == 0 else words(chance, 60),
            }
            for n in range(1, 251)
        ]
    }


def stories(chance: Random) -> File:
    return {
        "items": [
            {
                "id": n,
                "type": "story",
                "by": words(chance, 1),
                "time": 1_700_000_000 + n,
                "score": chance.randint(0, 900),
            }
            | ({"kids": [*range(n + 1, n + 1 + n % 5)]} if n % 2 else {"dead": True})
            for n in range(1, 401)
        ]
    }


def creatures(chance: Random) -> File:
    stats = ("hp", "attack", "special-attack")
    return {
        "creatures": [
            {
                "id": n,
                "name": words(chance, 1),
                "height": chance.randint(1, 200),
                "abilities": [{"is_hidden": bool(k), "slot": k} for k in range(1 + n % 3)],
                "stats": {name: chance.randint(1, 255) for name in stats},
                "sprites": {"front": f"/{n}.png", "back": None, "other": {"official-artwork": {}}},
            }
            for n in range(1, 152)
        ]
    }


def movies(chance: Random) -> File:
    return {
        "movies": [
            {
                "id": f"tt{n:07}",
                "title": words(chance).title(),
                "year": 1920 + n % 106,
                "genres": chance.sample(WORDS, 3),
            }
            | {"imdb": {"rating": chance.choice(["", 7.5, 8]), "votes": chance.choice([None, 10])}}
            for n in range(1, 1001)
        ]
    }


def people(chance: Random) -> File:
    return {
        "people": [
            {
                "id": n,
                "firstName": words(chance, 1),
                "age": chance.randint(0, 99),
                "address": {"city": words(chance, 1), "coordinates": {"lat": chance.uniform(-90, 90), "lng": 0}},
                "bank": {"iban": f"XX{chance.randrange(10**18):018}"},
                "company": {"department": words(chance, 1), "address": {"city": words(chance, 1)}},
            }
            for n in range(1, 209)
        ]
    }


def rates(chance: Random) -> File:
    codes = [a + b + c for a in "ABCDE" for b in "AEIOU" for c in "XYZRS"]
    table = {code: chance.random() * 100 for code in codes}
    return {
        "latest": {"base": "AAX", "rates": table},
        "days": [{"id": f"2026-01-{n:02}", "rates": table, "closed": n % 7 == 0} for n in range(1, 32)],
    }


def events(chance: Random) -> File:
    return {
        "events": [
            {"id": f"{chance.randrange(2**64):016x}", "summary": words(chance), "start": {"date": day(chance)}}
            | ({"recurrence": ["RRULE:FREQ=WEEKLY"]} if n % 5 == 0 else {})
            | {"attendees": [{"email": f"{words(chance, 1)}@example.org", "optional": n % 2 == 0}]}
            for n in range(500)
        ]
    }


def readings(chance: Random) -> File:
    return {
        "readings": [
            {"id": n, "sensor": n % 40, "celsius": round(chance.gauss(20, 5), 2), "ok": n % 97 > 0}
            for n in range(1, 100_000)
        ]
    }


def log(chance: Random) -> File:
    levels = ["debug", "info", "error"]
    return {
        "entries": [
            {
                "id": f"{n:08x}-{chance.randrange(2**32):08x}",
                "level": chance.choice(levels),
                "message": words(chance, 9),
            }
            | ({"error": {"stack": [words(chance) for _ in range(3)]}} if n % 50 == 0 else {})
            for n in range(50_000)
        ]
    }


def chats(chance: Random) -> File:
    rooms = [{"_id": n, "topic": words(chance)} for n in range(1, 21)]
    return {
        "rooms": rooms,
        "lines": [{"_id": n, "room_id": 1 + n % 20, "text": words(chance)} for n in range(1, 20_001)],
    }


SHAPES = {
    "blog": Shape("posts", "draft", blog),
    "shop": Shape("products", "categoryId", shop),
    "todos": Shape("todos", "completed", todos),
    "countries": Shape("countries", "name.common", countries),
    "features": Shape("features", "properties.felt", features),
    "issues": Shape("issues", "state", issues),
    "stories": Shape("items", "score", stories),
    "creatures": Shape("creatures", "stats.hp", creatures),
    "movies": Shape("movies", "year", movies),
    "people": Shape("people", "address.city", people),
    "rates": Shape("days", "closed", rates),
    "events": Shape("events", "start.date", events),
    "readings": Shape("readings", "sensor", readings),
    "log": Shape("entries", "level", log),
    "chats": Shape("lines", "room_id", chats, ("--id-member", "_id", "--foreign-key-suffix", "_id")),
}
LARGE = ("readings", "log", "chats")

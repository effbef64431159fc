"""Values of Accept that no route can satisfy, and members that are none."""

NOT_OFFERED = [
    "application/json;q=0",
    "*/*;q=0",
    "*/*;q=0.000",
    "application/json;q=0, application/*;q=0",
    "image/png",
    "text/nothing",
    "application/vnd.touchstone.v9+json",
    "application/vnd.touchstone.v9+json, image/*",
    "application/problem+json",
    "application/problem+xml",
    "application/hal+json",
    "application/*+json",
    "image/png;q=1, garbage",
    "image/png, */*;q=0.",
    "image/png;level=1, text/nothing;charset=utf-8",
    "application/jso",
    "applications/json",
]

BAD_MEMBERS = [
    "application/xml;q=2",
    "garbage",
    "*/json",
    "application/xml;q=-1",
    "application/xml;q=1.01",
    "application/xml;q=.",
    "application/xml;q=00.5",
    "application/xml;q=+1",
    "application/xml;q=a",
    "application/xml;q=",
    "application/",
    "/xml",
    "application /xml",
    "text/html;q=1.5, garbage, */xml",
    "\xe9/\xe9",
    "," * 99,  # a list has at most 100 members
]

"""Hooks for schemathesis: what no schema of the toolbox can express."""

from typing import Any

import schemathesis
from schemathesis.openapi.checks import ContentDeserializationError, RejectedPositiveData

# What refusals of valid requests say.
FORESEEN = (
    "The delay and the duration together may be",  # a bound of a sum
    "The path must lie in",  # a cookie's path, which depends on the mount
    "The domain does not match",  # a cookie's domain, which depends on the host
)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts."""
    match failure:
        case ContentDeserializationError():
            # The HTTP client of schemathesis cannot decode Zstandard.
            return response.headers.get("content-encoding") != ["zstd"]
        case RejectedPositiveData() if response.headers.get("content-type") == ["application/problem+json"]:
            faults = response.json().get("errors", ())
            return not (faults and all(each["detail"].startswith(FORESEEN) for each in faults))
    return True

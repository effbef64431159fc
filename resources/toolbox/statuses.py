"""Answers with the status in the path, as it is: without a problem document.

curl -i http://127.0.0.1:8000/httpbin/status/418
"""

import random
from http import HTTPStatus

from api.rules.choices import CHOICES, chosen, read_choices
from api.web.compat import JSON, LARGEST, Answer, Compat, Number, Text, Triple, answers, mount_path, refusal

TEAPOT = r"""
     -=[ teapot ]=-

          (   )
         .-'"'-.
        /       \  _
   __  |  ~ ~ ~  |/ )
  (  \_|         |_/
   \____\       /
         '-...-'
"""
MORE_INFO = "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.19"
PAID = "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.3"
IMAGES = ["image/webp", "image/svg+xml", "image/jpeg", "image/png", "image/*"]
LED = (301, 302, 303, 305, 307, 308)
FINAL = tuple(range(200, 600))


class StatusChoice(Compat):
    """A status: the one in the path, or one of several by chance."""

    paths = ("/status/<codes>",)
    example = {"codes": "200"}
    group = "Statuses"
    parameters = (
        Text(
            "codes",
            "`418`, `200,500`, or with weights `200:3,500:1`; from 200 to 599.",
            pattern=CHOICES,
            checked=False,
            example="418",
        ),
    )

    @answers(200, "text/html", also=FINAL)
    def get(self, codes: str) -> Answer:
        """Answer with the status in the path, or with one of several."""
        try:
            choices = read_choices(codes)
        except ValueError as error:
            raise refusal("codes", str(error)) from None
        return answer_with(chosen(choices, random.Random()))  # noqa: S311  # not for secrets

    post = put = patch = delete = trace = get


class Unstable(Compat):
    """200, or at random 500."""

    paths = ("/unstable",)
    group = "Statuses"
    parameters = (
        Number("failure_rate", "The share of failures.", 0, 1, 0.5, whole=False, example="0"),
        Number("seed", "The same seed fails or succeeds each time.", -LARGEST, LARGEST),
    )

    @answers(200, "text/html", also=(500,))
    def get(self, failure_rate: float, seed: int | None) -> Answer:
        """Answer with 200, or at random with 500."""
        failed = random.Random(seed).random() < failure_rate  # noqa: S311  # not for secrets
        return None, HTTPStatus.INTERNAL_SERVER_ERROR if failed else HTTPStatus.OK, {}


def answer_with(code: int) -> Triple:
    """The answer with this status, with what clients expect of it."""
    match code:
        case 401:
            return None, code, {"WWW-Authenticate": 'Basic realm="Fake Realm"'}
        case 402:
            return "Payment required.", code, {"x-more-info": PAID}
        case 406:
            message = {"message": "The client did not request a supported media type.", "accept": IMAGES}
            return message, code, {"Content-Type": JSON}
        case 407:
            return None, code, {"Proxy-Authenticate": 'Basic realm="Fake Realm"'}
        case 418:
            return TEAPOT, code, {"x-more-info": MORE_INFO}
    return None, code, {"Location": f"{mount_path()}/redirect/1"} if code in LED else {}

"""Pictures in the usual formats.

curl -i http://127.0.0.1:8000/httpbin/image/svg
"""

from http import HTTPStatus

from api.rules.media import negotiate
from api.web.compat import Answer, Compat, answers, current_request
from resources.toolbox.files import stored
from resources.toolbox.statuses import answer_with

PNG = "image/png"
# In order of preference among those that a client names.
NAMED = {"image/webp": "webp", "image/svg+xml": "svg", "image/jpeg": "jpeg", PNG: "png", "image/avif": "avif"}


class Image(Compat):
    """A picture in the format that Accept prefers."""

    paths = ("/image",)
    group = "Pictures"

    @answers(200, PNG, also=(406,))
    def get(self) -> Answer:
        """Return a picture: in PNG, unless Accept names WebP, SVG, JPEG or AVIF."""
        accept = current_request().environ.get("HTTP_ACCEPT")
        named = (kind for kind in NAMED if kind in (accept or "").lower())
        kind = negotiate(accept, tuple(dict.fromkeys((*named, PNG))))
        if kind is None:
            data, status, fields = answer_with(HTTPStatus.NOT_ACCEPTABLE)
            return data, status, {**fields, "Vary": "Accept"}
        return picture(NAMED[kind], Vary="Accept")


class ImageOf(Compat):
    """A picture in one format."""

    group = "Pictures"
    kind = ""

    @answers(200, "*/*")
    def get(self) -> Answer:
        """Return a picture in this format."""
        return picture(self.kind)


class Png(ImageOf):
    """A picture in PNG."""

    paths = ("/image/png",)
    kind = "png"


class Jpeg(ImageOf):
    """A picture in JPEG."""

    paths = ("/image/jpeg",)
    kind = "jpeg"


class Webp(ImageOf):
    """A picture in WebP."""

    paths = ("/image/webp",)
    kind = "webp"


class Svg(ImageOf):
    """A picture in SVG."""

    paths = ("/image/svg",)
    kind = "svg"


class Avif(ImageOf):
    """A picture in AVIF."""

    paths = ("/image/avif",)
    kind = "avif"


def picture(kind: str, **fields: str) -> Answer:
    """The picture in a format."""
    media_type = next(name for name, each in NAMED.items() if each == kind)
    return stored(f"picture.{kind}"), HTTPStatus.OK, {"Content-Type": media_type, **fields}

"""The icon that browsers show beside the title of a page.

curl -i --head http://127.0.0.1:8000/favicon.ico
"""

from http import HTTPStatus

from flask import Response, current_app

from api.describe.pages import icon
from api.kit import Resource, answers, current_request, no_parameters
from api.web.preconditions import is_current


class Favicon(Resource):
    """The icon of this server's pages."""

    paths = ("/favicon.ico",)
    offers = {}

    @answers(200)
    def get(self) -> Response:
        """Read the icon."""
        no_parameters()
        content, etag = icon()
        fields = {"ETag": etag, "Cache-Control": self.caching}
        if is_current(current_request(), fields):
            return current_app.response_class(status=HTTPStatus.NOT_MODIFIED, headers=fields)
        return current_app.response_class(content, headers={**fields, "Content-Type": "image/vnd.microsoft.icon"})

"""What the endpoints of the OAuth lab take in queries and forms. Their refusals are those of RFC 6749."""

from api.rules.parameters import Text
from api.web.oauth import demo

CALLBACK = "http://127.0.0.1:9/callback"
# A pattern of what the demo clients may use; the lab takes other spellings of these too.
CALLBACKS = (
    r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[1-5]?[0-9]{1,4})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
    r"|https://oauth\.pstmn\.io/v1/(?:browser-)?callback"
)
AUTHORIZE = (
    Text("response_type", "`code`; without it, the client gets an error at its redirect URI.", example="code"),
    Text("client_id", "The client.", choices=tuple(demo.CLIENTS), checked=False, required=True, example="toolbox"),
    Text(
        "redirect_uri",
        "On the loopback interface, or at Postman.",
        pattern=CALLBACKS,
        checked=False,
        required=True,
        example=CALLBACK,
    ),
    Text("scope", f"Some of: {' '.join(demo.SCOPES)}. `{demo.DEFAULT_SCOPE}` unless you say so."),
    Text("state", "It comes back with the code."),
    Text("code_challenge", "The challenge of PKCE, which `toolbox-public` must send."),
    Text("code_challenge_method", "`S256`."),
    Text("auto", "No page: the decision is made.", choices=("approve", "deny"), checked=False),
)
CLIENT = (
    Text("client_id", "The client, unless it is in Authorization."),
    Text("client_secret", "Its secret, unless it is in Authorization."),
)
EXCHANGE = (
    Text(
        "grant_type",
        "What is exchanged.",
        choices=("authorization_code", "client_credentials", "refresh_token"),
        required=True,
    ),
    *CLIENT,
    Text("code", "The code that was sent to the redirect URI."),
    Text("redirect_uri", "The redirect URI that the code was asked with."),
    Text("code_verifier", "The secret of PKCE (RFC 7636)."),
    Text("refresh_token", "The refresh token."),
    Text("scope", "A smaller scope than the granted one."),
)
OF_TOKEN = (
    Text("token", "An access token, or a refresh token.", required=True),
    Text("token_type_hint", "What it is (RFC 7009 §2.1)."),
    *CLIENT,
)

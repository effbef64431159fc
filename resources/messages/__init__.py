"""Messages: a body of any of several media types, kept byte for byte and given back as it came.

    curl -i http://127.0.0.1:8000/messages -H 'Content-Type: text/plain; charset=utf-8' --data-binary 'Hello'

Sent twice, a create makes two messages. What is kept for senders who are not signed in is bounded in all: 507 beyond
it (RFC 4918 §11.5: there is no room), not 429, since waiting would not help.
"""

"""Messages: bodies of several media types, stored and returned byte for byte.

    curl -i http://127.0.0.1:8000/messages -H 'Content-Type: text/plain; charset=utf-8' --data-binary 'Hello'

A repeated create makes a second message. Anonymous messages share a quota; beyond it they get 507 (RFC 4918 §11.5), not
429, because waiting would not help.
"""

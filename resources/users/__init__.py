"""Accounts: anyone can register while registration is open; the owner and administrators can change them.

    curl -i http://127.0.0.1:8000/users/me -u john:john

A user name and an e-mail address belong to one account, in any case: a repeated create is 409. When an account is
deleted, its published articles remain without an author; its drafts, tokens and secrets are deleted.
"""

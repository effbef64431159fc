"""Accounts: registered by anyone while registration is open, changed by their owner or an administrator.

    curl -i http://127.0.0.1:8000/users/me -u john:john

A user name and an e-mail address belong to one account, whatever their case: what repeats a create is 409. When
an account is deleted, its published articles stay without an author; its drafts, tokens and secrets go with it.
"""

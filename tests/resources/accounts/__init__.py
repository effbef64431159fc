"""Accounts, tokens, secrets, and the audit trail."""

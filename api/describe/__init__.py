"""Descriptions of the API: OpenAPI, Postman, pages for people."""

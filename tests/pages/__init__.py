"""The pages for people: the browsable API, its forms, and the sessions of browsers."""

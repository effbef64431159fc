"""The pages: the browsable API, its forms, and the sessions of browsers."""

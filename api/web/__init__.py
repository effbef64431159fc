"""The machinery behind Flask: Api, Resource, RequestParser, representations, problems, conditions."""

"""The operator's own data: each array of a JSON file is a collection, and each object a single document.

curl -i http://127.0.0.1:8000/posts
"""

from resources.collections.own import own_resources

__all__ = ["own_resources"]

"""Articles: texts with one author. Reading is public.

    curl -i http://127.0.0.1:8000/articles -u john:john -H 'Content-Type: application/json' \
      -d '{"title": "Hello", "body": "World"}'

A repeated create makes a second article.
"""

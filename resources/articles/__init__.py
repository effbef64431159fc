"""Articles: texts that one author writes and anyone reads.

    curl -i http://127.0.0.1:8000/articles -u john:john -H 'Content-Type: application/json' \
      -d '{"title": "Hello", "body": "World"}'

Sent twice, a create makes two articles.
"""

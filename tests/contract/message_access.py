"""Permissions for messages: rows for the matrix of `access.py`, with its columns (CONTRACT §1, §9)."""

# Here `nobodys` is an anonymous message.
MESSAGES = """
/messages                                      -        GET      -              401 401 401 401 200 200 200 200
/messages                                      -        HEAD     -              401 401 401 401 200 200 200 200
/messages                                      -        POST     messages:write 201 401 401 401 403 201 201 201
/messages                                      -        OPTIONS  -              204 204 204 204 204 204 204 204

/messages/<uuid:message_id>                    message  GET      -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>                    message  HEAD     -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>                    message  DELETE   messages:write 401 401 401 401 403 403 204 204
/messages/<uuid:message_id>                    message  OPTIONS  -              204 204 204 204 204 204 204 204
/messages/<uuid:message_id>                    nobodys  GET      -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>                    nobodys  DELETE   messages:write 401 401 401 401 403 403 403 204
/messages/<uuid:message_id>                    absent   GET      -              404 401 401 401 404 404 404 404
/messages/<uuid:message_id>                    absent   HEAD     -              404 401 401 401 404 404 404 404
/messages/<uuid:message_id>                    absent   DELETE   messages:write 401 401 401 401 403 404 404 404

/messages/<uuid:message_id>/metadata           message  GET      -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>/metadata           message  HEAD     -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>/metadata           message  OPTIONS  -              204 204 204 204 204 204 204 204
/messages/<uuid:message_id>/metadata           absent   GET      -              404 401 401 401 404 404 404 404

/messages/<uuid:message_id>/parts/<int:number> message  GET      -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>/parts/<int:number> message  HEAD     -              200 401 401 401 200 200 200 200
/messages/<uuid:message_id>/parts/<int:number> message  OPTIONS  -              204 204 204 204 204 204 204 204
/messages/<uuid:message_id>/parts/<int:number> absent   GET      -              404 401 401 401 404 404 404 404
"""

"""Permissions for the documents: rows for the matrix of `access.py`, with its columns (CONTRACT §1, §9)."""

DOCUMENTS = """
/.well-known/api-catalog    -        GET      -                    200   401     401     401      200   200   200   200
/.well-known/api-catalog    -        HEAD     -                    200   401     401     401      200   200   200   200
/.well-known/api-catalog    -        OPTIONS  -                    204   204     204     204      204   204   204   204
/docs                       -        GET      -                    200   401     401     401      200   200   200   200
/docs                       -        HEAD     -                    200   401     401     401      200   200   200   200
/docs                       -        OPTIONS  -                    204   204     204     204      204   204   204   204
/docs/<name:file_name>      -        GET      -                    200   401     401     401      200   200   200   200
/docs/<name:file_name>      -        HEAD     -                    200   401     401     401      200   200   200   200
/docs/<name:file_name>      -        OPTIONS  -                    204   204     204     204      204   204   204   204
/favicon.ico                -        GET      -                    200   401     401     401      200   200   200   200
/favicon.ico                -        HEAD     -                    200   401     401     401      200   200   200   200
/favicon.ico                -        OPTIONS  -                    204   204     204     204      204   204   204   204
/openapi.json               -        GET      -                    200   401     401     401      200   200   200   200
/openapi.json               -        HEAD     -                    200   401     401     401      200   200   200   200
/openapi.json               -        OPTIONS  -                    204   204     204     204      204   204   204   204
/openapi.yaml               -        GET      -                    200   401     401     401      200   200   200   200
/openapi.yaml               -        HEAD     -                    200   401     401     401      200   200   200   200
/openapi.yaml               -        OPTIONS  -                    204   204     204     204      204   204   204   204
/postman/collection.json    -        GET      -                    200   401     401     401      200   200   200   200
/postman/collection.json    -        HEAD     -                    200   401     401     401      200   200   200   200
/postman/collection.json    -        OPTIONS  -                    204   204     204     204      204   204   204   204
/postman/environment.json   -        GET      -                    200   401     401     401      200   200   200   200
/postman/environment.json   -        HEAD     -                    200   401     401     401      200   200   200   200
/postman/environment.json   -        OPTIONS  -                    204   204     204     204      204   204   204   204
/postman/tour.json          -        GET      -                    200   401     401     401      200   200   200   200
/postman/tour.json          -        HEAD     -                    200   401     401     401      200   200   200   200
/postman/tour.json          -        OPTIONS  -                    204   204     204     204      204   204   204   204
/problems                   -        GET      -                    200   401     401     401      200   200   200   200
/problems                   -        HEAD     -                    200   401     401     401      200   200   200   200
/problems                   -        OPTIONS  -                    204   204     204     204      204   204   204   204
/problems/<slug>            -        GET      -                    200   401     401     401      200   200   200   200
/problems/<slug>            -        HEAD     -                    200   401     401     401      200   200   200   200
/problems/<slug>            -        OPTIONS  -                    204   204     204     204      204   204   204   204
"""

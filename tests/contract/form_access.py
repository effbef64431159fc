"""Permissions for forms: always 403 without the token of a page. Rows for the matrix of `access.py`."""

FORM_ACCESS = """
/sign-in                    -        GET      -                    200   401     401     401      200   200   200   200
/sign-in                    -        HEAD     -                    200   401     401     401      200   200   200   200
/sign-in                    -        POST     -                    403   401     401     401      403   403   403   403
/sign-in                    -        OPTIONS  -                    204   204     204     204      204   204   204   204
/sign-out                   -        POST     -                    403   401     401     401      403   403   403   403
/sign-out                   -        OPTIONS  -                    204   204     204     204      204   204   204   204
/pages/<path:place>         -        POST     -                    403   401     401     401      403   403   403   403
/pages/<path:place>         -        OPTIONS  -                    204   204     204     204      204   204   204   204
"""

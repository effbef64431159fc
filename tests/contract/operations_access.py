"""Permissions for operations: rows for the matrix of `access.py`, with its columns (CONTRACT §1, §2).

Probes read no credentials.
"""

OPERATIONS = """
/livez                      -        GET      -                    200   200     200     200      200   200   200   200
/livez                      -        HEAD     -                    200   200     200     200      200   200   200   200
/livez                      -        OPTIONS  -                    204   204     204     204      204   204   204   204
/readyz                     -        GET      -                    200   200     200     200      200   200   200   200
/readyz                     -        HEAD     -                    200   200     200     200      200   200   200   200
/readyz                     -        OPTIONS  -                    204   204     204     204      204   204   204   204
/metrics                    -        GET      -                    200   401     401     401      200   200   200   200
/metrics                    -        HEAD     -                    200   401     401     401      200   200   200   200
/metrics                    -        OPTIONS  -                    204   204     204     204      204   204   204   204
"""

"""Actions of an operator on a PostgreSQL database: set defaults, watch and end sessions, lock rows."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.waiting import wait_until


class Operator:
    """The superuser of the PostgreSQL server with the database `name`."""

    def __init__(self, server_url: str, name: str) -> None:
        self.name = name
        url = f"postgresql+psycopg{server_url.removeprefix('postgresql')}"
        # A new connection each time, so that none is open while the server stops.
        self.beside = sa.create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.inside = sa.create_engine(f"{url}/{name}", poolclass=sa.NullPool)

    def set_default(self, setting: str, value: str) -> None:
        """Set a default of the database, and end its sessions, because each keeps the default that it started with."""
        with self.beside.connect() as db:
            db.execute(sa.text(f"ALTER DATABASE {self.name} SET {setting} = '{value}'"))
        self.end_sessions()

    def end_sessions(self, condition: str = "true") -> int:
        """End the sessions of Touchstone, and return their number."""
        statement = f"""
            SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
            WHERE datname = '{self.name}' AND application_name = 'touchstone' AND {condition}
        """
        with self.beside.connect() as db:
            return int(db.execute(sa.text(statement)).scalar_one())

    def wait_for(self, condition: str, count: int = 1) -> None:
        """Wait until so many sessions of Touchstone satisfy this condition."""
        statement = f"""
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = '{self.name}' AND application_name = 'touchstone' AND {condition}
        """
        with self.beside.connect() as db:
            wait_until(
                lambda: db.execute(sa.text(statement)).scalar_one() >= count, f"{count} sessions with {condition}"
            )

    @contextmanager
    def holding(self, statement: str, **values: object) -> Iterator[sa.Connection]:
        """A transaction that has executed this statement, and is rolled back at the end."""
        with self.inside.connect() as db:
            db.execute(sa.text("SET lock_timeout = '10s'"))
            # In a deadlock PostgreSQL never ends this transaction.
            db.execute(sa.text("SET deadlock_timeout = '60s'"))
            db.commit()
            db.execute(sa.text(statement), values)
            yield db
            db.rollback()

    @contextmanager
    def ending_at_commit(self, table: str, row_id: int) -> Iterator[None]:
        """Within this context, a transaction that changes this row loses its connection at the commit."""
        with self.inside.begin() as db:
            # A sequence is not rolled back with the transaction.
            db.execute(sa.text("CREATE SEQUENCE commits"))
            db.execute(
                sa.text("""
                    CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM nextval('commits'); PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END
                    $$
                """)
            )
            db.execute(
                sa.text(f"""
                    CREATE CONSTRAINT TRIGGER ends AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (NEW.id = {row_id}) EXECUTE FUNCTION end_session()
                """)
            )
        yield
        with self.inside.begin() as db:
            db.execute(sa.text("DROP FUNCTION end_session CASCADE"))
            db.execute(sa.text("DROP SEQUENCE commits"))

    def commits(self) -> int:
        """The number of commits that were interrupted so far."""
        with self.inside.connect() as db:
            return int(db.execute(sa.text("SELECT last_value FROM commits WHERE is_called")).scalar_one())


WAITS_FOR_A_LOCK = "wait_event_type = 'Lock'"
HOLD_ARTICLE = "SELECT id FROM articles WHERE id = :id FOR UPDATE"

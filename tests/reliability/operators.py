"""What an operator does to a PostgreSQL database: sets its defaults, sees who waits, ends sessions, holds rows."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.waiting import wait_until


class Operator:
    """The superuser, beside the server of the tests that uses the database `name`."""

    def __init__(self, server_url: str, name: str) -> None:
        self.name = name
        url = f"postgresql+psycopg{server_url.removeprefix('postgresql')}"
        # Each time a connection of its own: none is held while the server stops.
        self.beside = sa.create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.inside = sa.create_engine(f"{url}/{name}", poolclass=sa.NullPool)

    def set_default(self, setting: str, value: str) -> None:
        """Set a default of the database, and end its sessions, each of which has the one that it began with."""
        with self.beside.connect() as db:
            db.execute(sa.text(f"ALTER DATABASE {self.name} SET {setting} = '{value}'"))
        self.end_sessions()

    def end_sessions(self, condition: str = "true") -> int:
        """End the sessions of Touchstone, and say how many there were."""
        statement = f"""
            SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
            WHERE datname = '{self.name}' AND application_name = 'touchstone' AND {condition}
        """
        with self.beside.connect() as db:
            return int(db.execute(sa.text(statement)).scalar_one())

    def wait_for(self, condition: str, count: int = 1) -> None:
        """Wait until so many sessions of Touchstone are like this."""
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
        """A transaction that has done this, and ends without having done anything."""
        with self.inside.connect() as db:
            db.execute(sa.text("SET lock_timeout = '10s'"))
            # Of two that wait for each other, it is never this one that gives way.
            db.execute(sa.text("SET deadlock_timeout = '60s'"))
            db.commit()
            db.execute(sa.text(statement), values)
            yield db
            db.rollback()

    @contextmanager
    def ending_at_commit(self, table: str, row_id: int) -> Iterator[None]:
        """While this lasts, who changes this row loses the connection at the commit."""
        with self.inside.begin() as db:
            # What a sequence counts stays counted, whatever becomes of the transaction.
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
        """How many commits were ended so far."""
        with self.inside.connect() as db:
            return int(db.execute(sa.text("SELECT last_value FROM commits WHERE is_called")).scalar_one())


WAITS_FOR_A_LOCK = "wait_event_type = 'Lock'"
HOLD_ARTICLE = "SELECT id FROM articles WHERE id = :id FOR UPDATE"

"""The migration that needs an extension, under roles with and without the right to create it."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.state import ProjectState

from scheduling.extensions import ExtensionMissing, TrustedBtreeGist

# Roles belong to the whole server, which test processes share.
ROLE, DATABASE = f"plain_role_{os.getpid()}", f"plain_database_{os.getpid()}"


@pytest.fixture
def plain(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """A connection to an empty database as a role that is no superuser."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'plain'")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    other = DatabaseWrapper({**connection.settings_dict, "NAME": DATABASE, "USER": ROLE, "PASSWORD": "plain"})
    yield other
    other.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {DATABASE}")
        cursor.execute(f"DROP ROLE {ROLE}")


def create_extension(database: DatabaseWrapper) -> None:
    state = ProjectState()
    with database.schema_editor() as editor:
        TrustedBtreeGist().database_forwards("scheduling", editor, state, state)


def test_a_role_that_may_create_in_its_database_creates_the_extension(plain: DatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT CREATE ON DATABASE {DATABASE} TO {ROLE}")
    create_extension(plain)
    with plain.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'")
        assert cursor.fetchone() == (1,)


def test_a_role_that_may_not_is_told_what_to_do(plain: DatabaseWrapper) -> None:
    with pytest.raises(ExtensionMissing, match=f"GRANT CREATE ON DATABASE {DATABASE} TO {ROLE}"):
        create_extension(plain)

"""PostgreSQL's extensions, created by migrations."""

from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db import ProgrammingError


class ExtensionMissing(Exception):
    """The extension is not there, and this role may not create it."""


class TrustedExtension(CreateExtension):
    """Creates an extension that any role with CREATE on the database may create (trusted since 13).

    Raises ExtensionMissing with what to do when this role may not.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except ProgrammingError as error:
            configured = schema_editor.connection.settings_dict
            database, role = configured["NAME"], configured["USER"]
            raise ExtensionMissing(
                f"The role {role} may not create the extension {self.name} in the database {database}. "
                f"Let its owner run: CREATE EXTENSION {self.name}; or: GRANT CREATE ON DATABASE {database} TO {role};"
            ) from error


class TrustedTrigrams(TrustedExtension):
    """pg_trgm: indexes that find a part of a name."""

    def __init__(self) -> None:
        self.name = "pg_trgm"

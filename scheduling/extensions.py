"""The PostgreSQL extension behind the exclusion constraints."""

from typing import Any

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import ProgrammingError


class ExtensionMissing(Exception):
    """The extension is not there, and this role may not create it."""


class TrustedBtreeGist(BtreeGistExtension):
    """Creates btree_gist, which any role with CREATE on the database may do (it is trusted since 13).

    Raises ExtensionMissing with what to do when this role may not.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except ProgrammingError as error:
            database, role = (
                schema_editor.connection.settings_dict["NAME"],
                schema_editor.connection.settings_dict["USER"],
            )
            raise ExtensionMissing(
                f"The role {role} may not create the extension btree_gist in the database {database}. "
                f"Let its owner run: CREATE EXTENSION btree_gist; or: GRANT CREATE ON DATABASE {database} TO {role};"
            ) from error

"""The PostgreSQL extension behind the exclusion constraints."""

from crm.extensions import ExtensionMissing, TrustedExtension

__all__ = ["ExtensionMissing", "TrustedBtreeGist"]


class TrustedBtreeGist(TrustedExtension):
    def __init__(self) -> None:
        self.name = "btree_gist"

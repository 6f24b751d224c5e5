"""Secrets of other services at rest: sealed with FIELD_ENCRYPTION_KEY, so that a copy of the database
does not give them away."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotUnseal(Exception):
    """There is no key, or none of the keys sealed this."""


def can_seal() -> bool:
    return bool(settings.FIELD_ENCRYPTION_KEY)


def seal(text: str) -> str:
    """Raises CannotUnseal without a key: nobody could read it again."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises CannotUnseal."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("No FIELD_ENCRYPTION_KEY opens this.") from None


def _box() -> MultiFernet:
    """Of any text a key of the length that the cipher needs; the first seals, all open."""
    if not can_seal():
        raise CannotUnseal("FIELD_ENCRYPTION_KEY is not set.")
    digests = (sha256(key.encode()).digest() for key in settings.FIELD_ENCRYPTION_KEY)
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])

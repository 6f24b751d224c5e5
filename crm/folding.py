"""Names and plates as they are compared: in capitals, without accents, spaces, hyphens and apostrophes."""

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Concat, Upper

_ACCENTED = "ÁÀÂÄÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝáàâäãåçéèêëíìîïñóòôöõøúùûüýÿ"
_PLAIN = "AAAAAACEEEEIIIINOOOOOOUUUUYAAAAAACEEEEIIIINOOOOOOUUUUYY"
_DROPPED = " '’-."
_FOLD = str.maketrans(_ACCENTED, _PLAIN, _DROPPED)


def folded_text(text: str) -> str:
    """text as it is compared: capitals without accents, spaces, hyphens and apostrophes."""
    return text.translate(_FOLD).upper()


def folded(expression: F | Concat) -> Upper:
    """The same in SQL: characters of translate() beyond its third argument are dropped."""
    return Upper(
        Func(
            expression,
            Value(_ACCENTED + _DROPPED),
            Value(_PLAIN),
            function="translate",
            output_field=models.TextField(),
        )
    )

"""A tool's arguments as a strict schema, which a model then keeps to the letter.

Strict means: every property is required and no other allowed; an optional one may be null. What strict
schemas do not know (defaults, lengths) is left out here, and checked by pydantic all the same.
"""

from typing import Any

from pydantic import BaseModel

LEFT_OUT = {"title", "default", "minLength", "maxLength"}
NULL = {"type": "null"}


def strict(arguments: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of arguments, whose fields must be plain values or lists of such."""
    schema = arguments.model_json_schema()
    required = schema.get("required", [])
    properties = {
        name: _cleaned(field) if name in required else _nullable(_cleaned(field))
        for name, field in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def without_nulls(arguments: dict[str, Any]) -> dict[str, Any]:
    """What a model gave; null is how it leaves an argument out."""
    return {name: value for name, value in arguments.items() if value is not None}


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    kinds = field.get("anyOf")
    if kinds is None:
        description = field.pop("description", None)
        nullable: dict[str, Any] = {"anyOf": [field, NULL]}
        return {**nullable, "description": description} if description else nullable
    return field if NULL in kinds else {**field, "anyOf": [*kinds, NULL]}


def _cleaned(field: dict[str, Any]) -> dict[str, Any]:
    cleaned = {name: value for name, value in field.items() if name not in LEFT_OUT}
    if "anyOf" in cleaned:
        cleaned["anyOf"] = [_cleaned(kind) for kind in cleaned["anyOf"]]
    if "items" in cleaned:
        cleaned["items"] = _cleaned(cleaned["items"])
    return cleaned

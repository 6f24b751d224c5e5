"""What a model is told of the tools: strict schemas, and the list that the desk promises."""

from collections.abc import Iterator
from typing import Any

import pytest

from voice.tools import registry
from voice.tools.registry import REGISTRY, Tool
from voice.tools.schemas import without_nulls

PROMISED = {
    "lookup_customer",
    "get_available_slots",
    "book_appointment",
    "get_upcoming_appointments",
    "reschedule_appointment",
    "cancel_appointment",
    "decode_vin",
    "verify_caller",
    "get_store_info",
    "get_price_range",
    "get_repair_status",
    "check_recalls",
    "join_waitlist",
    "take_message",
    "transfer_to_person",
    "opt_out",
    "end_call",
}
# Nothing that would name somebody else's: whose it is, and whom to ring, the call itself knows.
FORBIDDEN = {"customer", "customer_id", "appointment_id", "vehicle_id", "to", "dial", "caller_number"}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(part)


def test_every_tool_that_is_promised_is_there() -> None:
    assert set(REGISTRY) >= PROMISED


@pytest.mark.parametrize("tool", REGISTRY.values(), ids=lambda tool: tool.name)
def test_a_schema_is_strict_and_says_when_to_use_the_tool(tool: Tool) -> None:
    function = registry._schema(tool)["function"]
    assert function["strict"] is True
    assert function["description"].endswith(".")
    schema = function["parameters"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])
    assert not {"$ref", "default", "title"} & {key for part in parts(schema) for key in part}
    assert not FORBIDDEN & set(schema["properties"])


@pytest.mark.parametrize("tool", REGISTRY.values(), ids=lambda tool: tool.name)
def test_null_stands_for_what_is_left_out(tool: Tool) -> None:
    optional = [name for name, field in tool.arguments.model_fields.items() if not field.is_required()]
    properties = registry._schema(tool)["function"]["parameters"]["properties"]
    assert all({"type": "null"} in properties[name]["anyOf"] for name in optional)
    assert without_nulls(dict.fromkeys(optional)) == {}

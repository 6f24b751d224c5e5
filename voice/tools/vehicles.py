"""Tools about cars: what a VIN says, and which recalls there may be."""

from pydantic import BaseModel, ConfigDict, Field

from crm import vin, vin_decoder
from voice.conversation import phrases
from voice.conversation.states import VehicleSlot
from voice.ports import ToolResult
from voice.tools.registry import Desk, tool


class SaidVin(BaseModel):
    model_config = ConfigDict(extra="forbid")

    vin: str = Field(min_length=5, max_length=40, description="Its seventeen characters, as understood.")


class SaidCar(BaseModel):
    model_config = ConfigDict(extra="forbid")

    make: str = Field(min_length=1, max_length=40)
    model: str = Field(min_length=1, max_length=60)
    year: int = Field(ge=1950, le=2100)


@tool("What car a VIN belongs to. May take three seconds. The code doubtful asks to read it back.")
def decode_vin(desk: Desk, said: SaidVin) -> ToolResult:
    try:
        car = vin_decoder.decode(said.vin, now=desk.now)
    except vin.InvalidVin as error:
        spoken = phrases.check_vin(vin.speak(error.suggestion)) if error.suggestion else phrases.VIN_AGAIN
        return ToolResult("invalid_vin", spoken, {"why": error.code, "suggestion": error.suggestion})
    data = {"year": car.year, "make": car.make, "model": car.model, "last_six": car.vin[-6:]}
    if car.is_doubtful:
        spoken = phrases.check_vin(vin.speak(car.suggestion or car.vin))
        return ToolResult("doubtful", spoken, {**data, "suggestion": car.suggestion})
    if not (car.make and car.model):
        return ToolResult("unknown_car", phrases.VIN_UNKNOWN_CAR, data)
    desk.conversation.slots.vehicle = VehicleSlot(year=car.year, make=car.make, model=car.model)
    return ToolResult("ok", phrases.that_is_a(str(desk.conversation.slots.vehicle)), data)


@tool(
    "Recalls for cars of this make, model and year. They may or may not concern the caller's: never say that "
    "a car is clear. The code do_not_drive needs a person at once. May take three seconds."
)
def check_recalls(desk: Desk, said: SaidCar) -> ToolResult:
    found = vin_decoder.recalls(said.make, said.model, said.year)
    if found is None:
        return ToolResult("unavailable", phrases.RECALLS_UNKNOWN)
    data = {"campaigns": [recall.campaign for recall in found]}
    if any(recall.must_not_drive for recall in found):
        return ToolResult("do_not_drive", phrases.RECALL_DO_NOT_DRIVE, data)
    return ToolResult("ok", phrases.recalls(len(found)), data)

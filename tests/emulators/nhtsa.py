"""NHTSA on loopback: vPIC's VIN decoder and the recalls service, with a few invented cars.

Faults know the places "vin" and "recalls". Like the real one it answers in XML unless asked for JSON,
gives every value as a string, and names a make and a model even for a misread VIN.
"""

import asyncio
from dataclasses import dataclass, field
from html import escape
from typing import Any

from aiohttp import web

from crm import vin
from tests.emulators.base import Emulator, Fault, Lost, drop

ACCORD = "1HGCV1F36LA000123"
PICKUP = "1FTEW1EP7JA000456"
NO_DETAILS = "5YJ3E1EAXKF000789"
MISREAD = "4T1B11HK9JU001011"
PARTLY_READ = "1C4HJXDG5MW001213"
CORRECTED = "2HKRW2H53JH001617"
CORRECTION = "2HKRF2H53JH001617"
UNREGISTERED = "5NPD84LF2KH001819"
FROM_JAPAN = "JTMB1RFV0KD002021"  # its check digit is none, as it may be there

TEXTS = {
    "0": "0 - VIN decoded clean. Check Digit (9th position) is correct",
    "1": "1 - Check Digit (9th position) does not calculate properly",
    "2": "2 - VIN corrected, error in one position",
    "4": "4 - VIN corrected, error in one position only (indicated by ! in Suggested VIN)",
    "6": "6 - Incomplete VIN",
    "7": "7 - Manufacturer is not registered with NHTSA for sale or importation in the U.S.",
    "8": "8 - No detailed data available currently",
    "14": "14 - Unable to provide information for some of the characters in the VIN",
    "400": "400 - Invalid Characters Present",
}
# fmt: off
KEYS = (
    "VIN", "Make", "MakeID", "Model", "ModelID", "ModelYear", "Trim", "Trim2", "Series", "Series2",
    "VehicleType", "BodyClass", "Doors", "DriveType", "EngineCylinders", "DisplacementL", "DisplacementCC",
    "EngineHP", "EngineModel", "EngineConfiguration", "FuelTypePrimary", "FuelTypeSecondary",
    "ElectrificationLevel", "TransmissionStyle", "TransmissionSpeeds", "BrakeSystemType", "GVWR",
    "Manufacturer", "ManufacturerId", "PlantCity", "PlantState", "PlantCountry", "TPMS", "Turbo",
    "VehicleDescriptor", "ErrorCode", "ErrorText", "AdditionalErrorText", "SuggestedVIN", "PossibleValues",
    "Note",
)
# fmt: on


def _car(
    year: str, make: str, model: str, trim: str, body: str, codes: str = "0", **more: str
) -> dict[str, str]:
    named = {"ModelYear": year, "Make": make, "Model": model, "Trim": trim, "BodyClass": body}
    return {**named, "ErrorCode": codes, **more}


CARS = {
    ACCORD: _car("2020", "HONDA", "Accord", "EX", "Sedan/Saloon", Doors="4"),
    PICKUP: _car("2018", "FORD", "F-150", "XLT", "Pickup", Trim2="Not Applicable"),
    NO_DETAILS: _car("2019", "TESLA", "Model 3", "", "", "8"),
    MISREAD: _car(
        "2018", "TOYOTA", "Camry", "LE", "Sedan/Saloon", "4,6,14", SuggestedVIN="4T1B11HK9JU!01011"
    ),
    PARTLY_READ: _car("2021", "JEEP", "Wrangler", "Not Applicable", "Sport Utility Vehicle", "14"),
    CORRECTED: _car("2018", "HONDA", "CR-V", "EX", "Sport Utility Vehicle", "2", SuggestedVIN=CORRECTION),
    UNREGISTERED: _car("", "", "", "", "", "7"),
    FROM_JAPAN: _car("2019", "TOYOTA", "RAV4", "XLE", "Sport Utility Vehicle", "1"),
}


def _campaign(number: str, received: str, **more: Any) -> dict[str, Any]:
    return {
        "Manufacturer": "Invented Motors, Inc.",
        "NHTSACampaignNumber": number,
        "parkIt": False,
        "parkOutSide": False,
        "overTheAirUpdate": False,
        "ReportReceivedDate": received,
        "Component": "SUSPENSION:REAR",
        "Summary": "A bolt may loosen.",
        "Consequence": "A loose bolt increases the risk of a crash.",
        "Remedy": "Dealers will replace the bolt, free of charge.",
        "Notes": "",
        **more,
    }


CAMPAIGNS = {
    ("honda", "accord", "2020"): [
        _campaign("21V201000", "24/03/2021", NHTSAActionNumber="EA15001"),
        _campaign("22V402000", "02/31/2022", parkIt="True", Component="AIR BAGS"),
    ],
    ("ford", "f-150", "2018"): [_campaign("18V568000", "06/09/2018", parkOutSide=True)],
}
REFUSED_AS_UNKNOWN = {("jeep", "wrangler", "2021")}  # "none found", said with 400


@dataclass(slots=True)
class Nhtsa(Emulator):
    asked: list[str] = field(default_factory=list)  # VINs, in order

    @property
    def vpic_url(self) -> str:
        return f"{self.base_url}/api"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/vehicles/DecodeVinValues/{vin}", self.decode),
            web.get("/recalls/recallsByVehicle", self.recalls),
        ]

    async def decode(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["vin"]
        self.asked.append(number)
        row = _row(number)
        body = {
            "Count": 1,
            "Message": "Results returned successfully. NOTE: Any missing decoded values should be interpreted "
            "as NHTSA does not have data on the specific variable.",
            "SearchCriteria": f"VIN:{number}",
            "Results": [row],
        }
        if request.query.get("format") != "json":
            inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in row.items())
            return web.Response(text=f"<Response>{inner}</Response>", content_type="application/xml")
        return await self._answer("vin", request, body)

    async def recalls(self, request: web.Request) -> web.StreamResponse:
        make, model, year = (request.query.get(name, "").lower() for name in ("make", "model", "modelYear"))
        found = [
            {**campaign, "ModelYear": year, "Make": make.upper(), "Model": model.upper()}
            for campaign in CAMPAIGNS.get((make, model, year), [])
        ]
        body = {"Count": len(found), "Message": "Results returned successfully", "results": found}
        status = 400 if (make, model, year) in REFUSED_AS_UNKNOWN else 200
        return await self._answer("recalls", request, body, status)

    async def _answer(
        self, where: str, request: web.Request, body: dict[str, Any], status: int = 200
    ) -> web.StreamResponse:
        fault = self.record(where, request)
        if fault:
            spoilt = await self._suffer(fault, request)
            if spoilt:
                return spoilt
        return web.json_response(body, status=status)

    async def _suffer(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        page = "<!DOCTYPE html><html><body><h1>Service Unavailable</h1></body></html>"
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self.stall()
                raise Lost
            case "drop":
                drop(request)
            case "refuse":
                return web.Response(text=page, status=fault.status, content_type="text/html")
            case "garbage":
                return web.Response(text=page, content_type="text/html")
            case "error":
                return web.json_response({"Count": 0, "Message": fault.code or "server_error", "Results": []})
            case "cut":
                return await self._drip(fault, request)
        return None

    async def _drip(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        """An answer that comes byte by byte, so that no single step takes long; then a clean, early end."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for _ in range(fault.after):
            await response.write(b" ")
            await asyncio.sleep(fault.seconds)
        await response.write_eof()
        return response


def _row(number: str) -> dict[str, str]:
    known = CARS.get(number) or {"ErrorCode": _codes(number)}
    text = "; ".join(TEXTS[code] for code in known["ErrorCode"].split(","))
    return {**dict.fromkeys(KEYS, ""), "VIN": number, **known, "ErrorText": text}


def _codes(number: str) -> str:
    if any(character not in vin.VALUES for character in number):
        return "400"
    if len(number) != vin.LENGTH:
        return "6"
    return "8" if number[vin.CHECK_PLACE] == vin.check_digit(number) else "1,8"

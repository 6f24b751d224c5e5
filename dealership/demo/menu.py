"""The demo store's menu. Prices and minutes are estimates; a store edits its own."""

from scheduling.models import OpCode

# code | what customers say | minutes | from $ | to $ | skill | bays | other words for it
TABLE = """
LOF | oil change | 45 | 80 | 130 | express | express, general | oil and filter; oil service; lube; change the oil; change my oil; oil changed; synthetic oil change
TROT | tire rotation | 30 | 25 | 50 | express | express, general | rotate the tires; rotate my tires; tires rotated; rotation
LOFTR | oil change and tire rotation | 60 | 100 | 160 | express | express, general | oil and rotation; oil change with a tire rotation
MPI | multi-point inspection | 30 | 0 | 50 | express | express, general | multi point; multipoint; checkup; check up; general inspection; courtesy inspection; once over; tire pressure; flat tire
FLTR | air filter replacement | 30 | 40 | 150 | express | express, general | cabin filter; cabin air filter; air filter; engine filter; filters
BATT | battery test | 45 | 0 | 350 | express | express, general | battery; new battery; replace the battery; won't start; dead battery; jump start
SI | state inspection | 45 | 20 | 60 | inspection | inspection | inspection sticker; annual inspection; safety inspection; emissions test; emissions inspection; smog
TIRE4 | four new tires | 90 | 100 | 180 | general | general | new tires; tires mounted; mount and balance; replace the tires; replace my tires; set of tires; winter tires; snow tires
ALGN | wheel alignment | 75 | 130 | 200 | general | alignment | alignment; out of alignment; pulls to one side; steering wheel is off center
BRKI | brake inspection | 45 | 0 | 80 | general | general | brakes checked; check the brakes; check my brakes; brake check; brakes squeak; brake squeal; squeaky brakes; brakes; brake
BRKF | front brake pads and rotors | 120 | 350 | 650 | general | general | front brakes; front pads; front brake pads; front rotors
BRKR | rear brake pads and rotors | 120 | 350 | 650 | general | general | rear brakes; back brakes; rear pads; rear brake pads; rear rotors
DIAG | check-engine diagnosis | 60 | 160 | 220 | diagnostic | diagnostic | check engine light; check engine; engine light; warning light; dashboard light; electrical; diagnosis; diagnostic; diagnostics; runs rough
NVH | noise and vibration check | 90 | 160 | 220 | diagnostic | diagnostic | noise; rattle; rattling; vibration; vibrates; shaking; shakes; clunking; grinding; humming
ACD | air conditioning check | 75 | 160 | 250 | hvac | diagnostic | air conditioning; air conditioner; a/c; ac not cold; the ac; my ac; no heat; heater; blows warm; not blowing cold
COOL | coolant exchange | 75 | 150 | 260 | general | general | coolant flush; coolant change; coolant service; radiator flush; change the antifreeze
TRAN | transmission fluid service | 90 | 220 | 400 | general | general | transmission fluid; transmission service; transmission flush; transmission fluid change
M30 | thirty thousand mile service | 150 | 350 | 650 | general | general | 30,000 mile; 30000 mile; thirty thousand mile; 30k service; 30k
M60 | sixty thousand mile service | 240 | 600 | 1100 | general | general | 60,000 mile; 60000 mile; sixty thousand mile; 60k service; 60k
RCL | recall repair | 60 | 0 | 0 | general | general | recall
"""

PER_DAY = {"DIAG": 4}
EVERY_MILES = {
    "LOF": 5000,
    "TROT": 7500,
    "FLTR": 15000,
    "COOL": 60000,
    "TRAN": 60000,
    "M30": 30000,
    "M60": 60000,
}
ABSORBED_BY = {"LOF": ["LOFTR"], "TROT": ["LOFTR"], "MPI": ["LOF", "LOFTR", "M30", "M60"]}
CANNOT_WAIT = {"BRKF", "BRKR", "NVH", "TRAN", "M30", "M60"}
NOT_BY_PHONE = {"RCL"}  # its length depends on the campaign, and its parts must be there


def op_codes() -> list[OpCode]:
    """The menu's lines, unsaved and without a rooftop."""
    return [_op_code(*(cell.strip() for cell in line.split("|"))) for line in TABLE.strip().splitlines()]


def _op_code(
    code: str, name: str, minutes: str, price_min: str, price_max: str, skill: str, bays: str, synonyms: str
) -> OpCode:
    return OpCode(
        code=code,
        name=name,
        synonyms=synonyms.split("; "),
        minutes=int(minutes),
        price_min=int(price_min),
        price_max=int(price_max),
        skill=skill,
        bay_types=bays.split(", "),
        is_bookable_by_phone=code not in NOT_BY_PHONE,
        can_wait=code not in CANNOT_WAIT,
        per_day=PER_DAY.get(code),
        every_miles=EVERY_MILES.get(code),
        absorbed_by=ABSORBED_BY.get(code, []),
    )

"""Who made a vehicle, by the first characters of its VIN. Facts only, and only common ones.

Codes that several makes share (Chrysler, Dodge, Jeep and Ram; Nissan and Infiniti) are left out: no
make is better than a wrong one. Where the fourth character tells them apart, the code has four.
"""

# fmt: off
MAKES = {
    "Acura": "19U 2HH 5FR 5J8 JH4",
    "Alfa Romeo": "ZAR ZAS",
    "Aston Martin": "SCF",
    "Audi": "TRU WA1 WAU WUA",
    "Bentley": "SCB",
    "BMW": "4US 5UX 5YM WBA WBS WBX WBY",
    "Buick": "1G4 2G4 5GA KL4 LRB W04",
    "Cadillac": "1G6 1GY 3GY",
    "Chevrolet": "1G1 1GC 1GN 2G1 2GC 3G1 3GC 3GN KL1 KL7 KL8",
    "Ferrari": "ZFF",
    "Ford": "1FA 1FD 1FM 1FT 1ZV 2FA 2FD 2FM 2FT 3FA 3FM 3FT",
    "Genesis": "KMT KMU",
    "GMC": "1GK 1GT 2GK 2GT 3GK 3GT",
    "Harley-Davidson": "1HD 5HD",
    "Honda": "19X 1HG 2HG 2HJ 2HK 3CZ 3HG 5FN 5FP 5J6 7FA JHL JHM SHH SHS",
    "Hyundai": "2HM 3KPC 5NM 5NP 5XYZ KM8 KMH",
    "Infiniti": "3PC 5N3 JNK JNR",
    "Jaguar": "SAD SAJ",
    "Jeep": "1J4 1J8",
    "Kia": "3KPA 3KPF 5XX 5XYK 5XYP KNA KNC KND",
    "Lamborghini": "ZHW ZPB",
    "Land Rover": "SAL",
    "Lexus": "2T2 58A JT8 JTH JTJ",
    "Lincoln": "1LN 2LM 3LN 5LM",
    "Lotus": "SCC",
    "Maserati": "ZAM ZN6",
    "Mazda": "1YV 3MV 3MZ 4F2 4F4 7MM JM1 JM3",
    "Mercedes-Benz": "4JG 55S W1K W1N WDB WDC WDD",
    "Mercury": "1ME 2ME 4M2",
    "Mini": "WMW WMZ",
    "Mitsubishi": "4A3 4A4 JA3 JA4 ML3",
    "Nissan": "1N4 1N6 3N1 3N6 3N8",
    "Oldsmobile": "1G3",
    "Peugeot": "VF3",
    "Pontiac": "1G2 2G2 5Y2",
    "Porsche": "WP0 WP1",
    "Renault": "VF1",
    "Rivian": "7FC 7PD",
    "Rolls-Royce": "SCA SLA",
    "Saab": "YS3",
    "Saturn": "1G8 5GZ",
    "SEAT": "VSS",
    "Škoda": "TMB",
    "Smart": "WME",
    "Subaru": "4S3 4S4 JF1 JF2",
    "Suzuki": "JS2 JS3",
    "Tesla": "5YJ 7SA LRW XP7",
    "Toyota": "1NX 2T1 2T3 3TM 3TY 4T1 4T3 4T4 5TB 5TD 5TE 5TF 5YF 7MU JT2 JT3 JTD JTE JTM JTN NMT SB1 VNK",
    "Volkswagen": "1V2 1VW 3VV 3VW WV1 WV2 WVG WVW",
    "Volvo": "7JR LVY YV1 YV4",
}
SHARED = {"KMHG"}  # Hyundai's large saloons, some of them sold as Genesis
MAKE_BY_CODE = {code: make for make, codes in MAKES.items() for code in codes.split()}

# The alphabet's order here: letters, then 1 to 9, then 0.
ORDER = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"
COUNTRIES = (
    ("1A", "10", "United States"), ("2A", "20", "Canada"), ("3A", "3W", "Mexico"),
    ("4A", "50", "United States"), ("6A", "6W", "Australia"), ("7A", "7E", "New Zealand"),
    ("7F", "70", "United States"), ("8A", "8E", "Argentina"), ("9A", "9E", "Brazil"), ("93", "99", "Brazil"),
    ("JA", "J0", "Japan"), ("KL", "KR", "South Korea"), ("LA", "L0", "China"), ("MA", "ME", "India"),
    ("MF", "MK", "Indonesia"), ("ML", "MR", "Thailand"), ("NL", "NR", "Turkey"),
    ("SA", "SM", "United Kingdom"), ("SN", "ST", "Germany"), ("TA", "TH", "Switzerland"),
    ("TJ", "TP", "Czech Republic"), ("TR", "TV", "Hungary"), ("VA", "VE", "Austria"), ("VF", "VR", "France"),
    ("VS", "VW", "Spain"), ("WA", "W0", "Germany"), ("XL", "XR", "Netherlands"), ("YA", "YE", "Belgium"),
    ("YF", "YK", "Finland"), ("YS", "YW", "Sweden"), ("ZA", "ZR", "Italy"),
)
CONTINENTS = (
    ("AA", "H0", "Africa"), ("JA", "R0", "Asia"), ("SA", "Z0", "Europe"), ("1A", "50", "North America"),
    ("6A", "70", "Oceania"), ("8A", "90", "South America"),
)
# Whose makers keep to the check digit (49 CFR 565): North America's own codes, and those that the
# United States have had since theirs ran short.
NORTH_AMERICA = (("1A", "50"), ("7F", "70"))
# fmt: on


def _place(code: str) -> tuple[int, int]:
    return ORDER.index(code[0]), ORDER.index(code[1])


_REGIONS = [(_place(first), _place(last), name) for first, last, name in COUNTRIES + CONTINENTS]


def make_of(number: str) -> str:
    """The make that a VIN's first characters stand for, else ""."""
    if number[:4] in SHARED:
        return ""
    return MAKE_BY_CODE.get(number[:4]) or MAKE_BY_CODE.get(number[:3], "")


def country_of(number: str) -> str:
    """The country, else the continent, whose authority gave out the maker's code, else ""."""
    if len(number) < 2 or not set(number[:2]) <= set(ORDER):
        return ""
    place = _place(number)
    return next((name for first, last, name in _REGIONS if first <= place <= last), "")


def is_north_american(number: str) -> bool:
    """Does the check digit bind the maker of this VIN? False also for what is too short to tell."""
    if len(number) < 2 or not set(number[:2]) <= set(ORDER):
        return False
    place = _place(number)
    return any(_place(first) <= place <= _place(last) for first, last in NORTH_AMERICA)

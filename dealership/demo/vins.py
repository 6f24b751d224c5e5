"""Vehicle identification numbers that look right and belong to nobody. Pure."""

from crm.vin import check_digit

_YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY"  # 2010 to 2030

# (make, model) → the eight places that say who made what
DESCRIPTORS = {
    ("Honda", "Civic"): "2HGFC2F5",
    ("Honda", "CR-V"): "2HKRW2H5",
    ("Honda", "Accord"): "1HGCV1F3",
    ("Ford", "F-150"): "1FTEW1EP",
    ("Ford", "Escape"): "1FMCU0G6",
    ("Toyota", "Camry"): "4T1B11HK",
    ("Toyota", "RAV4"): "2T3P1RFV",
    ("Toyota", "Corolla"): "5YFEPMAE",
    ("Subaru", "Outback"): "4S4BTAAC",
    ("Chevrolet", "Malibu"): "1G1ZB5ST",
    ("Chevrolet", "Equinox"): "3GNAXUEV",
    ("Tesla", "Model 3"): "5YJ3E1EA",
    ("Nissan", "Altima"): "1N4AL3AP",
    ("Jeep", "Wrangler"): "1C4HJXDG",
    ("Mazda", "Mazda3"): "3MZBN1U7",
    ("Hyundai", "Elantra"): "5NPD84LF",
    ("Kia", "Sorento"): "5XYPGDA3",
    ("Volkswagen", "Jetta"): "3VWC57BU",
    ("GMC", "Sierra"): "3GTU9DED",
    ("Ram", "1500"): "1C6SRFFT",
}


def vin_for(make: str, model: str, year: int, serial: int) -> str:
    """A VIN with its check digit; year from 2010 to 2030, serial under a million."""
    head, tail = DESCRIPTORS[make, model], f"{_YEAR_CODES[year - 2010]}A{serial:06d}"
    return f"{head}{check_digit(f'{head}0{tail}')}{tail}"

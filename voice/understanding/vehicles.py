"""Makes and model years, as callers of repair shops named them."""

from pathlib import Path

from voice.conversation.vehicles import find_vehicle, find_year
from voice.understanding.score import Score, rows_of

FILE = "taskmaster_auto_repair_slots_dev.jsonl"


def score_vehicles(folder: Path) -> list[Score]:
    """Rows without a gold value are no cars, or none that the file's own rules knew: they are left out."""
    makes, years = Score("vehicle makes", goal=0.97), Score("model years", goal=0.99)
    for row in rows_of(folder, FILE):
        gold = row["gold"] or {}
        if row["slot"] == "vehicle_name" and gold.get("make"):
            found = find_vehicle(row["text"])
            make = found.make if found else ""
            makes.count(
                make == gold["make"], f"{row['text']!r} is a {gold['make']}, not a {make or 'nothing'}"
            )
        if row["slot"] in ("vehicle_name", "vehicle_year") and gold.get("year"):
            found = find_vehicle(row["text"])
            year = found.year if found and found.year else find_year(row["text"])
            years.count(year == gold["year"], f"{row['text']!r} is of {gold['year']}, not of {year}")
    return [makes, years]

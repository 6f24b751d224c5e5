"""Why the car comes in: our topics held against the categories of callers' own words."""

from pathlib import Path

from voice.conversation.symptoms import Topic, find_topics
from voice.understanding.score import Score, rows_of

FILE = "taskmaster_auto_repair_slots_dev.jsonl"
# The file's coarser category for each of our topics. Those left out have no counterpart in it.
CATEGORY = {
    Topic.OIL_CHANGE: "oil_change",
    Topic.TUNE_UP: "tune_up",
    Topic.INSPECTION: "inspection",
    Topic.BRAKES: "brakes",
    Topic.ROTATION: "tires_alignment",
    Topic.TIRES: "tires_alignment",
    Topic.TIRE_AIR: "tires_alignment",
    Topic.ALIGNMENT: "tires_alignment",
    Topic.WARNING_LIGHT: "warning_light",
    Topic.BATTERY: "battery_starting",
    Topic.STARTING: "battery_starting",
    Topic.AIR_CONDITIONING: "ac_heating",
    Topic.HEATING: "ac_heating",
    Topic.TRANSMISSION: "transmission",
    Topic.STEERING: "steering_suspension",
    Topic.SUSPENSION: "steering_suspension",
    Topic.VIBRATION: "steering_suspension",
    Topic.NOISE: "noise",
    Topic.STALLING: "stalling",
    Topic.LEAK: "leak",
    Topic.COOLING: "cooling",
    Topic.EXHAUST: "exhaust",
    Topic.SMOKE: "exhaust",
    Topic.BODY: "body_glass",
    Topic.GLASS: "body_glass",
    Topic.DOORS: "body_glass",
    Topic.LIGHTS: "lights_bulbs",
    Topic.CHECKUP: "general_service",
    Topic.MAINTENANCE: "general_service",
    Topic.DIAGNOSIS: "general_service",
}


def score_reasons(folder: Path) -> list[Score]:
    """One shared category is agreement; the other rows say how many of ours are theirs, and of theirs ours."""
    agreed = Score("reason agreement", goal=0.80)
    precise, complete = Score("reasons: ours are theirs"), Score("reasons: theirs are ours")
    for row in rows_of(folder, FILE):
        theirs = set((row["gold"] or {}).get("weak_categories", ()))
        if row["slot"] != "appt_reason" or not theirs:
            continue
        ours = {CATEGORY[topic] for topic in find_topics(row["text"]) if topic in CATEGORY}
        agreed.count(bool(ours & theirs), f"{row['text']!r} is of {sorted(theirs)}, not of {sorted(ours)}")
        for category in sorted(ours):
            precise.count(
                category in theirs, f"{row['text']!r} is not of {category}, but of {sorted(theirs)}"
            )
        for category in sorted(theirs):
            complete.count(category in ours, f"{row['text']!r} is of {category}, not only {sorted(ours)}")
    return [agreed, precise, complete]

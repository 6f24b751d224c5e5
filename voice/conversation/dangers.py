"""What makes a car unsafe to drive on: such a caller is not booked but helped at once. Pure."""

import re

from voice.conversation.symptoms import plain_words

# Each by the words that name it to the person who is fetched.
NOT_SO = r"(?<!no )(?<!not )(?<!isn't )(?<!wasn't )(?<!without )(?<!any )(?<!non )"
DANGERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "fire",
            rf"{NOT_SO}\b(?:(?:on|caught|catch\w*|caught on|a|there'?s a|small|under) fire(?! (?:truck|"
            r"station|department|extinguisher))|flames?\b|in flames|burst into|burning up)|"
            r"\bfire (?:under|in|from|coming)\b",
        ),
        (
            "smoke",
            rf"{NOT_SO}\b(?:smok(?:e|es|ing|y))\b(?! (?:detector|alarm|cigar\w*|free|shop|brake))|"
            r"\bsmolder\w*|\bburning (?:smell|odou?r|electrical|wires?|plastic|rubber|oil)\b|"
            rf"\bsmel\w* (?:\w+ ){{0,3}}(?:burn\w*|burnt|plastic melting)\b",
        ),
        (
            "fuel smell",
            r"\bsmel\w* (?:\w+ ){0,4}(?:gas|gasoline|fuel|petrol)\b|"
            r"\b(?:gas|gasoline|fuel|petrol)(?:y)? (?:smell|odou?r|fumes?|leak\w*)\b|"
            r"\bleak\w* (?:\w+ ){0,2}(?:gas|gasoline|fuel)\b|"
            r"\b(?:fuel|gas|gasoline) (?:is |was |keeps )?(?:leak\w*|dripping|pouring)\b|"
            r"\bexhaust (?:fumes|smell) (?:in|inside|coming into)",
        ),
        (
            "brakes",
            r"\bbrak\w*\b(?: \w+){0,4} (?:fail\w*|went out|gone|going out|gave out|give out|"
            r"(?:don'?t|do not|didn'?t|aren'?t|wouldn'?t|won'?t|not|doesn'?t|stopped) work\w*|locked|"
            r"lock up|lock(?:ing)? up|to the floor)|"
            r"\b(?:no|lost (?:my|the)|losing (?:my|the)|without) brakes?\b|"
            r"\bbrake pedal\b.{0,25}\b(?:floor|sinks?|soft|squish\w*|spong\w*|nothing)\b|"
            r"\b(?:can'?t|cannot|couldn'?t|won'?t|doesn'?t|wouldn'?t|barely|hardly|"
            r"unable to) (?:\w+ )?stop\b(?! (?:thinking|calling|the nois\w*|making|by|at your|in\b))|"
            r"\bpedal (?:goes|went) (?:straight |right |all the way )?(?:down )?to the floor",
        ),
        (
            "overheating",
            rf"{NOT_SO}\bover ?heat\w*|"
            rf"\b(?:temp\w*|gauge|needle)\b.{{0,25}}\b(?:in the red|red|pegged|all the way up|"
            rf"too high)\b|\bsteam\w*\b.{{0,30}}\b(?:hood|engine|radiator|out)\b|"
            rf"\b(?:hood|engine|radiator)\b.{{0,25}}\bsteam\w*|\bboil\w* over\b|"
            r"\b(?:engine|car|truck|motor) (?:is |gets? |got |getting |runs? |running )(?:\w+ )?(?:too |"
            r"very |really )hot\b",
        ),
        (
            "flashing engine light",
            r"\b(?:engine|cel|warning|oil|red) ?(?:light)?\b.{0,20}\b(?:flash\w*|blink\w*)\b|"
            r"\b(?:flash\w*|blink\w*) (?:\w+ ){0,2}(?:engine|cel|oil|warning|red) ?(?:light)?\b",
        ),
        (
            "oil pressure",
            r"\b(?:red oil light|oil (?:pressure )?(?:light|warning) (?:is |came |comes |stays |"
            r"has )?(?:red|on)|no oil pressure|oil pressure (?:is )?(?:low|zero|dropp\w*|light))\b",
        ),
        (
            "steering",
            r"\b(?:lost|losing|no|lose|loses) (?:my |the |all )?(?:power )?steering\b|"
            r"\bsteering\b(?: \w+){0,5} (?:lock\w*|fail\w*|went out|gone|gave out|seiz\w*|stuck)\b|"
            r"\b(?:can'?t|cannot|couldn'?t|won'?t be able to|wont be able to|"
            r"unable to) (?:turn the (?:steering )?wheel|steer)\b|\b(?:lost|losing) control\b",
        ),
        (
            "wheel",
            r"\bwheel (?:is |was |feels |almost |nearly |about to )*(?:came|come|coming|fell|falling|"
            r"fall) off\b|\b(?:wheel|lug nuts?) (?:is |are |feels? |seems? )(?:\w+ )?loose\b|"
            r"\bloose (?:wheel|lug)\b|\bblow ?out\b|\bblew (?:out )?a tire\b",
        ),
        (
            "stuck accelerator",
            r"\b(?:accelerator|gas pedal|throttle|gas)\b(?: \w+){0,2} (?:stuck|sticks|sticking|jammed)\b|"
            r"\baccelerates? (?:by itself|on its own|without)\b|"
            r"\bspeeds up\b.{0,40}\b(?:by itself|on its own|without my)\b|\bwon'?t slow down\b",
        ),
    )
)


def find_danger(text: str) -> str:
    """What makes the car unsafe to drive on, in a word or two: "smoke", "brakes"; "" when nothing does."""
    said = plain_words(text)
    return next((name for name, pattern in DANGERS if pattern.search(said)), "")

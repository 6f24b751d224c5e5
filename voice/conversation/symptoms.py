"""What is the matter with the car? From plain words to topics of the trade. Pure.

No diagnosis: a topic says what the caller spoke of, services.py says who should look at it, and dangers.py
what must not be driven on.
"""

import re
from enum import StrEnum

LONGEST_TURN = 1000  # characters, over a minute of speech


class Topic(StrEnum):
    """What a caller can speak of, as an advisor would file it."""

    OIL_CHANGE = "oil change"
    ROTATION = "tire rotation"
    TIRES = "tires"
    TIRE_AIR = "tire pressure"
    ALIGNMENT = "alignment"
    BRAKES = "brakes"
    BATTERY = "battery"
    STARTING = "starting"
    WARNING_LIGHT = "warning light"
    NOISE = "noise"
    VIBRATION = "vibration"
    STEERING = "steering"
    SUSPENSION = "suspension"
    STALLING = "stalling"
    RUNNING = "rough running"
    TRANSMISSION = "transmission"
    AIR_CONDITIONING = "air conditioning"
    HEATING = "heating"
    COOLING = "cooling"
    LEAK = "leak"
    EXHAUST = "exhaust"
    SMOKE = "smoke"
    SMELL = "smell"
    BODY = "body"
    GLASS = "glass"
    DOORS = "doors and locks"
    LIGHTS = "lights"
    ELECTRICAL = "electrical"
    INSPECTION = "inspection"
    CHECKUP = "check-up"
    TUNE_UP = "tune-up"
    MAINTENANCE = "maintenance"
    FLUIDS = "fluids"
    FILTERS = "filters"
    FUEL = "fuel system"
    ENGINE = "engine"
    RECALL = "recall"
    DIAGNOSIS = "diagnosis"
    TROUBLE = "something wrong"


NOISES = (
    r"nois\w*|sound(?:s|ing)?|squeak\w*|squeek\w*|squeal\w*|squeel\w*|screech\w*|screetch\w*|"
    r"grind(?:s|ing)?|rattl\w*|ratt?il\w*|"
    r"clunk\w*|clank\w*|click(?:s|ing|ety)?|clinking|tick(?:s|ing)|knock(?:s|ing)?|ping(?:s|ing)|"
    r"bang(?:s|ing)?|thump\w*|thud\w*|"
    r"whin(?:e|es|ing)|whir+(?:s|ing)?|whistl\w*|hum(?:s|ming)|buzz\w*|rumbl\w*|roar(?:s|ing)?|howl\w*|"
    r"scrap(?:e|es|ing)|scratching|"
    r"rubbing|hiss(?:es|ing)?|creak\w*|pop(?:s|ping)|chirp\w*|tapping|growl\w*|groan\w*|moan\w*|"
    r"chatter\w*|cranking|gurgl\w*|backfir\w*|loud"
)
LAMPS = (
    r"(?:head|tail|brake|fog|turn signal|signal|parking|park|dome|reverse|back ?up|license plate|running|"
    r"hazard|marker)"
)
BULB_OUT = (
    r"(?:out|burn\w*|broke\w*|dim|blown|dead|cracked|not (?:work|turn)\w*|(?:isn'?t|aren'?t|won'?t|"
    r"don'?t|doesn'?t|stopped) (?:\w+ )?(?:work|turn|com)\w*|replac\w*|repair\w*|fix\w*|chang\w*|went)"
)
WARNED = r"(?:light|lamp|indicator|warning|symbol|message|icon)s?"
LIT = (
    r"(?:on|came on|come on|coming on|comes on|stay\w*|lit|blink\w*|flash\w*|illuminat\w*|appear\w*|"
    r"won'?t go off|pop\w* up)"
)
BROKEN = (
    r"(?:broke\w*|stuck|damag\w*|smash\w*|crack\w*|bust\w*|jam+ed|stop+ed|fail\w*|(?:won'?t|wont|don'?t|"
    r"dont|doesn'?t|isn'?t|isnt|aren'?t|not|can'?t|cannot|didn'?t|never) ?\w*|"
    r"fix\w*|repair\w*|replac\w*|chang\w*|inspect\w*|issue\w*|problem\w*|trouble\w*|slow|bad|wrong|"
    r"went out|going out|malfunction\w*)"
)

# Most sentences name their matter outright: one pattern a topic, on lower-case words without punctuation.
SAID: dict[Topic, str] = {
    Topic.OIL_CHANGE: (
        r"\boil (?:and filter )?(?:chang\w*|service|swap\w*|filter)|"
        r"\b(?:chang\w*|swap\w*|replac\w*|top\w*|do|need|want|fresh|new)\b(?: \w+){0,3} (?:engine |"
        r"motor )?oil\b(?! (?:leak|pan|light|pressure))|"
        r"\boil (?:\w+ ){0,3}(?:chang\w*|replaced|swapped|topped)|\blube\b|\blof\b|"
        r"\b(?:my|the|its|your) oil (?:done|is due)|\bdue for (?:an? )?oil|\bwork on (?:your|my|the) oil|"
        r"\boil and (?:the |my |your )?(?:tires?|filter)\b"
    ),
    Topic.ROTATION: r"\brotat\w*",
    Topic.TIRES: (
        r"\bt[iy]res?\b|\bwheels? (?:balanc\w*|rim)|\brims?\b|\bwheel bearing|\bhub ?cap|\blug nut|"
        r"\btread\b|\bmount (?:and|&) balance|\bspare (?:tire|wheel)?\b|"
        r"\bflat\b(?! (?:battery|rate|fee))|\bblow ?out\b|"
        r"\bwheels? (?:came|fell|is|are) (?:off|loose|bent)"
    ),
    Topic.TIRE_AIR: (
        r"\bt[iy]res? (?:air )?pressure|\btpms\b|\bflat\b(?: t[iy]re)?(?! (?:battery|rate|fee))|\bpsi\b|"
        r"\bt[iy]res?\b.{0,40}\b(?:air|flat|nail|leak\w*|punctur\w*|screw|low|deflat\w*|plug\w*|"
        r"patch\w*)\b|\b(?:nail|screw|air|leak|patch|plug|puncture)s?\b.{0,25}\bt[iy]res?\b|"
        r"\blow (?:on )?air\b"
    ),
    Topic.ALIGNMENT: (
        r"\b(?:mis)?al+i?gn\w*|"
        r"\b(?:pull\w*|drift\w*|veer\w*|steering|drag\w*|lean\w*)\b(?: \w+){0,4} (?:left|right|one side|"
        r"the side|other side)\b|\bsteering wheel is (?:off|crooked)|"
        r"\bwheel (?:is )?(?:off cent(?:er|re)|crooked)"
    ),
    Topic.BRAKES: (
        r"\bbrak\w*|\bcal+ipers?\b|\b(?:disc|disk)s?\b|\b(?<!launch )(?<!key )pads\b|"
        r"\bpads? (?:and|&) rotors?\b|\brotors?\b|\babs\b(?! light)|"
        r"\b(?:can'?t|cannot|won'?t|doesn'?t|hard to|able to|trouble|before i can|slow to|longer to|"
        r"while to) stop(?:ping)?\b(?! (?:thinking|calling|the nois))|\bstopping distance|"
        r"\bpump (?:them|it) to stop"
    ),
    Topic.BATTERY: (
        r"\bbatter(?:y|ies)\b|\bjump(?:ed|ing)? ?start\w*|\bneed(?:s|ed)? a jump\b|\balternators?\b|"
        r"\bhold(?:ing)? (?:a )?charge\b|\bjumper cable"
    ),
    Topic.STARTING: (
        r"\b(?:won'?t|wont|doesn'?t|didn'?t|don'?t|not|isn'?t|never|wouldn'?t|can'?t|cannot|couldn'?t|"
        r"able to|hard (?:time )?(?:to|time)?|trouble|issues? (?:with )?(?:the car )?|problems?|"
        r"difficult\w*|slow|tries? to|tries of|fails? to|refuses to|"
        r"struggl\w*(?: to)?)\b(?: \w+){0,4} (?:start|starting|turn(?:ing)? (?:over|on)|"
        r"crank\w*)\b(?! (?:to|with a|from|at|by|the conversation))|"
        r"\bstart(?:s|ing)? (?:problem|issue|trouble)\w*|\bstarters?\b|\bno start\b|\bslow start\b|"
        r"\bignition\b|\b(?:only |always |up )?starts? (?:up )?(?:after|hard|slow\w*)|"
        r"\bdead (?:car|truck|in the)|\b(?:completely|totally|just) dead\b|\bturns over but|"
        r"\bjust clicks\b"
    ),
    Topic.WARNING_LIGHT: (
        r"\bcheck (?:the )?engines?\b|"
        r"\b(?:engine|service|oil|temp|temperature|abs|air ?bag|brakes?|tires?|tire pressure|tpms|"
        r"battery|traction|stability|dash\w*|warning|maintenance|wrench|trouble|srs|esp|coolant|"
        rf"power steering|emissions?|malfunction|hazard|driver'?s) (?:\w+ )?(?:{WARNED})\b|"
        rf"\b{WARNED} (?:\w+ ){{0,2}}(?:is |are |has |keeps? |that )?(?:been )?{LIT}\b|"
        rf"\b{WARNED}\b.{{0,25}}\bdash\w*|\bdash\w*\b.{{0,30}}\b(?:{WARNED}|{LIT}|blink\w*)|\bcel\b|"
        r"\bcode (?:reader|scan)|\b(?:engine|error|trouble|fault) codes?\b|\bcomputer fault|\bobd\b|"
        r"\bmil\b|\bidiot light|\bweird message|\bmessage on (?:the|my) (?:screen|dash)|"
        r"\bproblem with the dashboard"
    ),
    Topic.NOISE: rf"\b(?:{NOISES})\b",
    Topic.VIBRATION: (
        r"\bvibrat\w*|\bshak(?:e|es|ing|y)\b|\bshimm\w*|\bwobbl\w*|\bshudder\w*|\bjudder\w*|\bjolting\b|"
        r"\bbounc(?:e|es|ing|y)\b|\bpulsat\w*|\btrembl\w*"
    ),
    Topic.STEERING: (
        r"\bste(?:e|a)?r+ing\b|\btie rods?\b|\brack and pinion|\bhard to (?:turn|steer)\b|"
        r"\b(?:doesn'?t|won'?t|can'?t|wont|not able to|able to) (?:turn|steer)\b(?! (?:on|over|off|"
        r"up))(?: (?:the wheel|right|left|easy|easily|well))?|"
        r"\bwheel (?:is )?(?:shak\w*|lock\w*|stiff|loose|hard)|\bwheel shaking|\bhandling problem"
    ),
    Topic.SUSPENSION: (
        r"\bsuspension\w*|\bshocks?\b(?! the)|\bstruts?\b|\bball joints?|\bcontrol arms?|\bsway bar|"
        r"\bbushings?\b|\bcv (?:joint|axle|boot)s?|\bax(?:le|el)s?\b|"
        r"\bsprings?\b(?= (?:broke|is|are|sag))|\bbumpy\b|\bbottoms out"
    ),
    Topic.STALLING: (
        r"\bstal+(?:s|ed|ing)?\b|"
        r"\b(?:car|it|truck|engine|motor|van|suv|vehicle)?\s?(?:just |keeps? |kept |suddenly |"
        r"randomly )*(?:shut(?:s|ting)?|cut(?:s|ting)?|die[sd]?|dying|conk\w*|quits?)(?: \w+)? (?:off|"
        r"out|down|on me|at (?:a )?(?:stop|light)|when(?:ever)? i|while|while driving)\b|"
        r"\bkeeps (?:dying|shutting off|cutting)|\bwon'?t shut off|"
        r"\b(?:car|truck|engine|motor) (?:just )?(?:died|dies|stopped|quit)\b|"
        r"\bidl(?:e|es|ing)\b(?=.{0,30}\b(?:die|stall|shut))|\b(?:on|at) idle\b"
    ),
    Topic.RUNNING: (
        r"\b(?:run|runs|running|ran|idl\w*|sounds?|driv\w*) (?:\w+ )?(?:rough|poorly|badly|sluggish|"
        r"hot and cold)\b|\brough (?:idle|idling|engine)|\bidling\b|\bidles?\b|\bmisfir\w*|\bsput+er\w*|"
        r"\bstutter\w*|\bhesitat\w*|\bjerk(?:s|ing|y)?\b|\blurch\w*|\bbuck(?:s|ing)\b|"
        r"\bsurg(?:e|es|ing)\b|\bloses? power|\blosing power|\bloss of power|\black of power|"
        r"\bno power\b|\bsluggish\b|\baccelerat\w*\b|\bno get up and go|\bchugging\b|\bspark plugs?\b|"
        r"\brevv?(?:s|ing)\b|\bwon'?t go (?:over|past|faster)|\bnot going fast|\bgas pedal\b|\bskips?\b|"
        r"\bpoor (?:gas )?mileage"
    ),
    Topic.TRANSMISSION: (
        r"\btransm\w*|\btranny\b|\bclutch\b|"
        r"(?<!my )(?<!work )(?<!night )(?<!day )\bshift(?:s|ing|er|ed)?\b(?! (?:ends|starts|at|is over))|"
        r"\bgears?\b(?! up)|\bslip(?:s|ping)\b|\bcvt\b|"
        r"\b(?:in|into|go|go in|out of) (?:reverse|drive|neutral|park)\b(?! (?:home|the car|here|away|"
        r"my))|\bmov\w* backwards?|\b4 ?wd\b|\bfour wheel drive|\btransfer case|\bdifferential\b|"
        r"\bdrive ?shaft|\bdrive ?train|\btorque converter"
    ),
    Topic.AIR_CONDITIONING: (
        r"\ba\.?/?c\.?\b|\ba c\b(?! \d)|\bair ?con\w*|\bair (?:\w+ )?condition\w*|"
        r"\b(?:air|vents?)\b.{0,25}\b(?:warm|hot|cold|cool|weak|not blow\w*|vents?)\b|"
        r"\b(?:blow\w*|blast\w*)\b(?: \w+){0,3} (?:warm|hot|cold|cool)\b|\bno (?:cold )?air\b|\bfreon\b|"
        r"\brefrigerant|\bcompressor\b|\bclimate control|\bfix the air\b|\bair fixed\b|"
        r"\bturn(?:ed|s)? (?:on )?the air(?: on)?\b|\bnot? cool\w*"
    ),
    Topic.HEATING: (
        r"\bheaters?\b|\bheat(?:ing)?\b(?! (?:seat|shield|up))|\bno heat\b|\bheater core|\bblower\b|"
        r"\bdefrost\w*|\bdefog\w*"
    ),
    Topic.COOLING: (
        r"\bover ?heat\w*|\bradiators?\b|\bcoolant\b|\banti ?freeze\b|\bthermostat\b|\bwater ?pump\b|"
        r"\brun\w* (?:\w+ )?hot\b|"
        r"\b(?:engine|motor|car) (?:\w+ )?(?:is |gets? |got |getting )(?:too |very |really )?hot\b|"
        r"\btemp(?:erature)?s?(?: gauge| light| needle)?\b.{0,25}\b(?:high|red|light|up|hot|ris\w*)\b|"
        r"\b(?:engine|coolant) temp|\bcooling (?:system|fan)|\bsteam\w*|\bboil\w* over|\bhead gasket"
    ),
    Topic.LEAK: (
        r"\bleak\w*|\bdrip\w*|\bpuddles?\b|"
        r"\b(?:oil|liquid|fluid|coolant|antifreeze|water)s?\b.{0,40}\b(?:coming (?:out|from)|"
        r"on the (?:ground|floor|garage|driveway|engine)|driveway|under(?:neath)? (?:my|the)|spill\w*|"
        r"spot\w*|spray\w*)\b|\bspots on the (?:garage|driveway|floor|ground)|\bspill(?:s|ing)?\b|"
        r"\bspot of oil|\blos(?:es|ing) (?:\w+ )?(?:oil|coolant|fluid|anti ?freeze|water)\b|"
        r"\bburn\w* oil\b|\boil burning|\boil spills?"
    ),
    Topic.EXHAUST: (
        r"\bexhaust\w*|\bmuffl\w*|\btail ?pipes?\b|\bcat+alytic|\bcatalyst|\bsmok(?:e|es|ing|y)\b|"
        r"\bfumes?\b|\bemissions? system|\bevap\b"
    ),
    Topic.SMOKE: r"\bsmok(?:e|es|ing|y)\b(?! (?:detector|alarm|break))|\bsteam\w*",
    Topic.SMELL: r"\bsmel+(?:s|ed|ing|y)?\b|\bodou?rs?\b|\bstink\w*|\bfumes\b",
    Topic.BODY: (
        r"\bbumpers?\b|\bdents?\b|\bdented\b|\bpaint\w*|\bscratch(?:es|ed)?\b(?! nois| sound)|"
        r"\bfenders?\b|\bbody ?(?:work|shop|damage)|\bcollision\b|\baccident\b|"
        r"\b(?:side |rear ?view )?mirrors?\b|\brust(?:y|ed|ing)?\b|"
        r"\bhood\b(?= (?:won'?t|latch|is|release))|\bgrill?e\b|\bbent\b|"
        r"\bhit (?:a|an|by|my)\b(?! (?:few months|brake))|\bwreck(?:ed)?\b(?! my car)|\bdetailing\b|"
        r"\b(?:car|full|interior|get it|it) detail(?:ed)?\b|\b(?:car )?wash\b|"
        r"\bundercarriage (?:check\w*|damage)|\bupholstery|\bseats? (?:is|are|torn|broke)|"
        r"\bseat ?belts?\b|\b(?:convertible |moon|sun)?(?:roof|top) (?:is |that )?(?:won'?t|stuck|"
        r"leak\w*|doesn'?t)|\bshut the roof|\bstuck (?:moon|sun) ?roof|\bantenna\b|"
        r"\btrim\b(?= (?:is|came|fell|piece))|\btailgate\b|"
        r"\bhatch(?:back)? (?:issue|problem|won'?t|is)\w*|\brear hatchback"
    ),
    Topic.GLASS: (
        r"\bwinds(?:hei|hie|he|hi)ld\w*|\bwindscreen|\bwipers?\b|"
        r"\b(?:car|rear|back|front|side|passenger|driver'?s?|power|my|the|your) windows?\b|"
        r"\bwindows?\b.{0,45}\b(?:up|down|roll\w*|stuck|broke\w*|crack\w*|function\w*|work\w*|"
        r"regulator)\b|\b(?:chip|crack)s? in (?:the|my) (?:glass|window\w*)|\bglass\b|"
        r"\b(?:rolling|roll|moving|move|raise|lower|change) the (?:\w+ )?windows?"
    ),
    Topic.DOORS: (
        rf"\bdoors?\b.{{0,30}}\b(?:{BROKEN}|lock\w*|unlock\w*|handle|close|shut|open)\b|"
        rf"\b(?:close|shut|open|lock|unlock) (?:\w+ ){{0,2}}doors?\b|"
        rf"\b(?:door|trunk|hatch|lift ?gate)\b.{{0,15}}\b{BROKEN}|"
        rf"\block(?:s)?\b.{{0,20}}\b(?:{BROKEN}|problem)\b|\bkey ?(?:fob|less)\b|"
        r"\block(?:ed)? (?:out|my keys)\b|\block problem|\bauto ?lock"
    ),
    Topic.LIGHTS: (
        rf"\b{LAMPS} ?(?:lights?|lamps?)\b|\bheadlamps?\b|\bbulbs?\b|\bblink+ers?\b|"
        r"\bturn(?:ing)? signals?\b|"
        r"\b(?:front|back|rear|left|right|passenger|side)\b(?: \w+)? lights?\b|"
        rf"\blights? (?:\w+ ){{0,4}}(?:is|are|went|were|has|have|have gone|gone|to be|needs?|"
        rf"on the passenger)? ?(?:both )?{BULB_OUT}\b|\b{BULB_OUT} (?:\w+ )?lights?\b|\blighting problem|"
        r"\bpark(?:ing)? lights?|\bturn signal|\bstop light\b(?! i)"
    ),
    Topic.ELECTRICAL: (
        r"\belectrical\b(?! engineer)|\belectrics\b|"
        r"\belectric (?:window|door|seat|problem|issue|system|motor|fault)s?|\bfuses?\b|\bwiring\b|"
        r"\bwires?\b|\bradio\b|\bstereo\b|\bspeakers\b(?= (?:don'?t|are|won))|\bhorn\b|\bbackup camera|"
        r"\btouch ?screen|\bdash\w* (?:button )?lights?\b|\bspeedometer|\bodometer\b|\bgas gauge|"
        r"\bfuel gauge|\bgauges?\b|\bcruise control|\bbuttons?\b|\bshort in (?:the|my)|\bbluetooth\b|"
        r"\bnavigation (?:system|screen)|\busb\b|\bsensors?\b|\bhybrid (?:system|battery)|\bair ?bags?\b|"
        r"\bcharg\w* port"
    ),
    Topic.INSPECTION: r"\binspect\w*(?! my bill)|\bemissions?(?: test)?\b|\bsmog\b|\binspection sticker\b|\bnew sticker\b|\bsticker (?:is|has|expire\w*)\b|\bsafety check",
    Topic.CHECKUP: (
        r"\bcheck ?ups?\b|\b(?:\d+|multi|fifty|hundred|twenty \w+)[ -]?point\b|"
        r"\b(?:full|general|complete|basic|thorough|total|routine|tire|brake) (?:check|once over|"
        r"inspection)s?\b|\bonce ?over\b|\btip to toe\b|\bchecked out\b|\blook\w* (?:it )?over\b|"
        r"\binspect (?:the|my) (?:car|vehicle|truck)|\bcheck everything|\bhealth check"
    ),
    Topic.TUNE_UP: (
        r"\btun(?:e|ed|ing)[ -]?(?:it )?ups?\b|\btuneups?\b|\btiming belt|"
        r"\bserpentine belt|\bspark plugs?\b|\bdrive belt"
    ),
    Topic.MAINTENANCE: (
        r"\bmaint[ea]+n[ea]nce|"
        r"\b(?:routine|regular|scheduled|basic|major|minor|annual|yearly|mileage) (?:service|check\w*|"
        r"visit|maint\w*)\b|\b\d+,?\d*(?: ?k| thousand)? ?miles?(?: service| check\w*| maint\w*)|"
        r"\b\d+k (?:service|tune|maint\w*|mile)|\bthousand miles? (?:service|check\w*|maint\w*)|"
        r"\b(?:my|the|a|for) \d+ ?k\b(?! miles?\b)|\busual service\b|"
        r"\b(?:get|have|need|needs|for) (?:\w+ ){0,2}servic(?:e|ed|ing)\b|"
        r"\b(?:car|truck|vehicle) servic(?:e|ed)\b|\bservice (?:appointment|is due|on my|due)\b|"
        r"\bdue for (?:a )?servic\w*"
    ),
    Topic.FLUIDS: (
        r"\bfluids?\b(?! (?:leak|coming))|\bflush\w*|\btop (?:it |them )?(?:off|up)\b|\bwasher fluid"
    ),
    Topic.FILTERS: r"\b(?:air|cabin|engine|pollen|fuel) filters?\b|\bfilters\b",
    Topic.FUEL: (
        r"\bfuel (?:system|pump|injector|filter|line|tank|gauge|leak)s?\b|\binjectors?\b|"
        r"\bgas (?:gauge|cap|tank|leak|line|smell)s?\b|"
        r"\bsmel\w* (?:\w+ ){0,2}(?:gas|gasoline|fuel)\b|\bthrottle\b|\bcarburetor"
    ),
    Topic.ENGINE: (
        r"\bengines?\b(?! light)|\bmotors?\b(?! oil)|\bgasket\w*|\bbelts?\b(?<!seat belt)|"
        r"\bturbo\w*|\bpistons?\b|\bunder (?:the|my) hood"
    ),
    Topic.RECALL: r"(?<!to )\brecal+(?:s|ed)?\b(?! (?:the things|what|that|when|how|anything))|\btakata\b",
    Topic.DIAGNOSIS: (
        r"\bdiagnos\w*|\bdiag\b|\bscan(?:ned)? (?:the )?(?:code|computer|car)|\bfigure out (?:what|why)|"
        r"\bfind out (?:what|why)\b|\bwhat'?s wrong with (?:it|my|the)\b|\btrouble ?shoot\w*"
    ),
    Topic.TROUBLE: (
        r"\bact(?:s|ing) (?:up|funny|weird|strange|odd|crazy)\b|"
        r"\b(?:not|isn'?t|ain'?t|doesn'?t|isnt) (?:\w+ )?(?:acting|running|driv\w+|work\w*|"
        r"handl\w+) (?:right|properly|correctly|well|normal\w*|good)\b|"
        r"\bsomething(?:'?s| is| isn'?t| feels| seems)? (?:(?!went)\w+ )?(?:wrong|off|not right|right|"
        r"broke\w*|loose|dragging)\b|\bsomething (?:wrong|loose|dragging)|"
        r"\b(?:car|vehicle|truck|van|suv|mechanical|engine) (?:trouble|problem|issue)s?\b|"
        r"\b(?:problems?|issues?|trouble) with (?:my|the|our|his|her) (?:\w+ )?(?:car|vehicle|truck|van|"
        r"suv|engine|\w+)\b|\bbr(?:o)?ke?n? ?down\b|\bbroken down\b|\bbreak(?:s|ing)? down\b|"
        r"\b(?:car|truck|vehicle|van|it|suv) (?:\w+ )?(?:broke\w*|is broken|is jacked|is messed|"
        r"is really jumping|is jumping|smells)\b|\bfix (?:it|my car|the car|my truck)\b|"
        r"\bget (?:it|my \w+) (?:fixed|repaired|looked at)\b|"
        r"\bneeds? (?:\w+ )?(?:repairs?|fixing|work done)\b|\brepair (?:my|on my|for my)\b"
    ),
}
# "Break" is written for "brake" by most recognisers; a break for lunch stays one.
BREAK = re.compile(
    r"(?<!\ba )(?<!lunch )(?<!coffee )(?<!spring )(?<!winter )(?<!summer )(?<!christmas )(?<!school )(?<!smoke )(?<!don't )(?<!to )(?<!might )(?<!may )(?<!will )"
    r"\bbreak(s|ing)?\b(?! (?:down|into|in\b(?! pad)|up|out|even|time|room|at \d|from \d|until|between|"
    r"my bank|the bank|for lunch|them\b|it\b|apart))"
)
BRAKING = re.compile(
    r"\b(?:to|a) break (?=correctly|properly|hard|pad|fluid|job|light|line|problem|issue|inspection|"
    r"check|service|pedal)|\bto break(?=$| and\b)"
    r"|\b(?:when|whenever|time|times|if|once|moment|as) (?:i|you|we) break\b"
)
# "That sounds good", "how does ten sound": agreement, not noise.
AGREEABLE = re.compile(
    r"\b(?:that|this|one|she|he|they|which|all|yes|yea|yeah|ok|okay|great|place|time|day) (?:all |"
    r"really |just |also )?sounds\b|\bhow (?:does|do|would)\b.* sound\b|"
    r"\b(?:does|do|doesn't|don't|would) [\w ]{0,40}\bsound(?=$|[.,])|\bthe sound of (?:that|it|him|her)\b|"
    r"\bsound(?:s|ing)? (?:\w+ )?(?:good|great|fine|perfect|right|nice|correct|ok|okay|better|wonderful|"
    r"excellent|awesome|amazing|"
    r"lovely|reasonable|fair|delicious|easy|"
    r"like (?:a (?:plan|winner|good|great)|the (?:right|best)|that works|fun))|\b(?:too|so|very|talk\w*|"
    r"speak\w*|hear you) loud\b|\bloud and clear"
)
PATTERNS = {topic: re.compile(pattern) for topic, pattern in SAID.items()}


def plain_words(text: str) -> str:
    """text as the patterns expect it: lower case, straight apostrophes, brakes spelt as brakes.

    Only the end of a very long text: nobody says more in one turn, and whoever writes more waits for it.
    """
    said = text[-LONGEST_TURN:].lower().replace("’", "'").replace("‘", "'").replace("-", " ")
    said = re.sub(r"[^a-z0-9'/., ]+", " ", said)
    said = re.sub(r"\s+", " ", said).strip()
    if "break" in said:
        said = BREAK.sub(r"brake\1", BRAKING.sub(lambda match: match[0].replace("break", "brake"), said))
    return said


def find_topics(text: str) -> list[Topic]:
    """What of the car text speaks of, in the order of Topic; empty when of nothing."""
    return topics_in(plain_words(text))


def topics_in(said: str) -> list[Topic]:
    """See find_topics; said is the outcome of plain_words, or a part of it."""
    if "sound" in said or "loud" in said:
        said = AGREEABLE.sub(" ", said)
    return [topic for topic, pattern in PATTERNS.items() if pattern.search(said)]

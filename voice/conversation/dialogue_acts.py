"""What callers say about the conversation itself: again, slower, hold on, thanks, goodbye. Pure."""

import re

from voice.conversation.states import Intent

LANGUAGES = "english|spanish|french|german|russian|arabic|chinese|mandarin|cantonese|korean|japanese|vietnamese|italian|portuguese|polish|hindi|urdu|punjabi|tagalog|navajo|creole|hebrew|greek|turkish|dutch|swedish|farsi|persian|bengali|swahili|latin|thai|ukrainian|somali|hmong|armenian"  # fmt: skip
MACHINE = re.compile(
    r"\b(?:are you|is this|am i (?:talking|speaking|chatting) (?:to|with)|(?:if|whether|that) (?:you'?re|"
    r"you are|you were|this is|i'?m (?:talking|speaking) (?:to|with))|call you|say you are|could you be|"
    r"you consider yourself|you could be)\b"
    r"(?: (?:secretly|actually|really|just|even|possibly|some kind of|like))*(?: an?)?(?: (?:real|actual|"
    r"live|living|human|virtual|automated|artificial|voice|secret|computer|talking))* ?"
    r"\b(?:robot|machine|computer|bot|chat ?bot|a\.?i\.?|artificial intelligence|recording|human|person|"
    r"automated|real|alive|program|answering machine|assistant)\b|"
    r"\bwhat kind of (?:life ?form|being|thing) (?:are you|you are)|\bclassified as a bot",
    re.IGNORECASE,
)
IDENTITY = re.compile(
    r"\b(?:who|what) (?:are|r) you\b(?! (?:doing|saying|talking|charging|guys|open|closing|open))|"
    r"\b(?:who|what|which company|what (?:company|firm|organization))\b.{0,30}\b(?:made|makes?|created|"
    r"creating|built|designed|programmed|programming|invented|manufactur\w*|formed|developed|"
    r"owns|design) \b|"
    r"\bwho(?:'?s| is| are| were| was)?\b.{0,30}\b(?:your (?:design\w*|creator|maker|boss|manufacturer|"
    r"developer|inventor|programmer)|you (?:made|created|built|manufactured|programmed|designed|"
    r"developed) by|responsible for (?:your|creating you|making you|you))\b|"
    r"\bwhere were you (?:made|programmed|created|born|built)|\bresponsible for your design|"
    r"\bbrought you into existence|"
    r"\b(?:what|who|which)(?:'?s| is| was)?\b.{0,35}\b(?:your|ur) (?:\w+ )?names?\b|"
    r"\b(?:may|can|could|do you mind if) i (?:ask|have|know|get)\b.{0,12}\byour name\b|"
    r"\b(?:tell me|know) your name\b|^your name(?: is| please)?$|"
    r"\b(?:do you have|you have) a (?:nick)?name\b|"
    r"\bwhat (?:may|can|should|do|shall) (?:i|we|people|they|you) call (?:you|yourself)\b|"
    r"\bwhat do you (?:go by|call yourself)\b|"
    r"\bthe name (?:i should use|you'?re? (?:were )?(?:like|given|go by)|you like|you were)\b|"
    r"\bwho am i (?:speaking|talking) (?:to|with)\b|\bwho is this\b|"
    r"\bwhose? did you say you (?:are|were)|\bhow old are you\b|"
    r"\bwhere (?:are you from|do you come from|do you live)\b",
)
ABILITIES = re.compile(
    r"\bwhat\b.{0,40}\b(?:can|could|may|should|all can) (?:i|we) (?:\w+ )?ask\b|"
    r"\bwhat\b.{0,20}\b(?:i|we) (?:can|could|may|am allowed to|should) ask\b|"
    r"\bwhat am i (?:allowed|able) to ask\b|"
    r"\bwhat (?:can|do|could) you (?:do|help (?:me )?with|know about|offer to do|handle)\b|"
    r"\bwhat (?:are|is) you(?:r)? (?:capable|capabilit\w*|able to|abilit\w*|features?|skills?)\b|"
    r"\b(?:what|which|how many)\b.{0,40}\b(?:questions|topics|subjects|info(?:rmation)?|things|"
    r"categories|areas)\b.{0,30}\b(?:you|ask|help)\b|"
    r"\b(?:can|may) i ask you\b.{0,25}\b(?:questions?|anything|things|something)\b|"
    r"\bcan you answer (?:all|any|every|questions)\b|\bhow can you help(?: me)?\b|"
    r"\bwhat (?:all )?(?:are you (?:able|capable)|do you do)\b|\bwhat can i (?:say|ask|do here)\b",
)
LANGUAGE = re.compile(
    r"\b(?:speak|talk|habla\w*|parl\w*|respond|answer|switch|change|set|use|converse|"
    rf"translate)\b.{{0,40}}\b(?:{LANGUAGES}|language)\b|"
    rf"\b(?:another|different|new|foreign|my|other) language\b|\bin (?:{LANGUAGES})(?: please)?$|"
    rf"^(?:{LANGUAGES})(?: please)?$|"
    r"\bespa ?[nñ]?ol\b|\bhabla\b|\bno (?:hablo|speak|english)\b|\bfran[cç]ais\b|\bdeutsch\b|"
    r"\blanguage (?:setting|option|menu|preference)s?\b|"
    r"\bi (?:don'?t|do not) (?:speak|understand) (?:much )?english\b|\bsomeone who speaks\b",
)
SLOWER = re.compile(
    r"\b(?:slow(?:er|ly)?|not so fast|too (?:fast|quick(?:ly)?))\b.{0,25}\b(?:speak|talk|speech|down|"
    r"voice|please|say)\b|"
    r"\b(?:speak|talk|say|go|read|slow)\w*\b.{0,30}\b(?:slow\w*|too fast|too quick\w*|"
    r"not so (?:fast|quick\w*)|less fast|so fast|so quick\w*)\b|\bslow (?:it )?down\b|^slower\b|"
    r"\b(?:decrease|reduce|lower)\b.{0,20}\b(?:speed|rate|pace)\b",
)
FASTER = re.compile(
    r"\b(?:speak|talk\w*|go|say|speech|read|respond)\b.{0,30}\b(?:fast(?:er)?|quick(?:er|ly)|"
    r"speed(?:ier|y)|so slow\w*|too slow\w*|sped up|rapid\w*)\b|\bspeed (?:it |your \w+ |up|things )|"
    r"\bspeed up\b|^faster\b|"
    r"\b(?:increase|raise|change|adjust|boost)\b.{0,25}\b(?:speak\w*|speech|talk\w*|your) (?:speed|rate|"
    r"pace)\b|\brate (?:of speech|(?:at|of) (?:which )?(?:you|speech))|\bspeaking speed\b|"
    r"\bspeech (?:rate|speed)\b",
)
LOUDER = re.compile(
    r"\blouder\b|\bspeak up\b|\b(?:turn|raise|increase)\b.{0,15}\bvolume\b|"
    r"\b(?:can'?t|cannot|can barely|hardly|can hardly|barely|couldn'?t) hear you\b|"
    r"\byou'?re (?:very |too |so )?(?:quiet|faint|breaking up|cutting out|muffled)\b|"
    r"\bbad (?:connection|line)\b|\byou (?:are|keep) (?:breaking|cutting) (?:up|out)\b",
)
REPEAT = re.compile(
    r"\b(?:repeat|say (?:that|it|this) (?:again|once more|one more time)|(?:please )?say again|"
    r"come again|pardon(?: me)?|(?:didn'?t|did not|couldn'?t|don'?t) (?:quite )?(?:catch|hear|understand|"
    r"follow)\b (?:that|you|it|what|the (?:question|last)|a word)|didn'?t (?:quite )?(?:catch|hear|"
    r"get) (?:that|you)|"
    r"what did you (?:\w+ )?(?:say|ask|tell|call it|mean)|"
    r"what (?:was|were) (?:(?:that|it)(?=$| again| you| the)|(?:the|that) question|said|you saying|"
    r"your question|you asking|the (?:last|first|second) (?:part|one|option|time)|those (?:times|again))|"
    r"(?:one|once) more time|(?:say|repeat|tell me|hear)\b.{0,20}\bonce more|ask (?:me )?(?:that|the question|it)?(?: question)? ?again|"
    r"(?:to|me|i) hear (?:that|it|the question|those) again|(?:what|which) question|again please|"
    r"go over (?:that|it) again|tell me (?:that |it )?again|what you (?:just )?said|run that by me|"
    r"missed (?:that|what|it)|you said what|what'?d you say|could that be repeated|"
    r"i can'?t (?:quite )?(?:understand|make out))\b|"
    r"^\W*(?:i'?m )?(?:sorry|what|huh|excuse me|pardon|say what|come again|eh|what now|what'?s that|"
    r"what is that)(?: (?:please|again|what))?\W*$",
    re.IGNORECASE,
)
STOP_TALKING = re.compile(
    r"\b(?:stop|quit|don'?t|do not|cease|shut)\b.{0,14}\b(?:talking|talk|speaking|up|it|"
    r"that)\b(?= ?(?:please|now|any ?more|any further|at once|$))|"
    r"^(?:please )?(?:stop|quit|abort|scrap|halt|rescind|enough|be quiet|shush|silence|eliminate|undo|"
    r"nix|terminate|discontinue|delete)(?: (?:it|that|this|please|now|the (?:current )?process|"
    r"the operation))*$|\babort\b.{0,30}(?:process|it|this|operation)|\bstop (?:please|it|that)\b|"
    r"\bneed you to stop\b",
)
HOLD_ON = re.compile(
    r"\b(?:hold on|hang on|one (?:second|sec|moment|minute)|(?:just )?a (?:sec|moment)|"
    r"(?:wait|just|give me|hold|gimme)\b.{0,12}\b(?:a |one |two )?(?:second|sec|moment|minute|min)s?|"
    r"let me (?:check|look|see|think|get|grab|find|ask|pull)\b|bear with me|wait (?:please|up)|"
    r"be right (?:back|with you)|just a (?:second|minute)|i'?m looking (?:for it|it up)|where did i put|"
    r"someone'?s at the door)\b|^(?:please )?wait$|\b(?:kind of|a (?:bit|little)) busy (?:right )?now\b",
)
GOODBYE = re.compile(
    r"\b(?:good ?bye|bye(?: ?bye)?|farewell|have a (?:good|nice|great|wonderful|lovely|blessed|super|"
    r"fantastic) (?:day|one|night|evening|weekend|afternoon|rest))\b",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"\b(?:good ?night|take care(?! of)|see (?:you|ya)|talk to you (?:later|soon|then)|"
    r"until (?:next time|then)|so long(?! as)|peace out|catch you later|later gator|gotta go|got to go|"
    r"have to go now|i'?ll let you go|adios|ciao|cheerio|ta ta|toodle\w*|signing off)\b|"
    r"\b(?:good|nice|great|lovely|fun|pleasant|wonderful|enjoyed|enjoyable|pleasure|"
    r"delightful)\b.{0,25}\b(?:chat\w*|talk(?:ing)?|conversation|speak(?:ing)?|meeting you|"
    r"conversing)\b(?! (?:to|with) (?:a|the|my|someone|somebody))|^later$",
)
THANKS = re.compile(
    r"\bthan(?:k|x|ks)\b(?! you for calling)|\bthank(?:s|ful|you)?\b|\bappreciat\w*\b|"
    r"\bgrat(?:eful|itude)\b|\bmuch obliged\b|\bowe you\b|"
    r"\b(?:you'?ve been|you are|you'?re|that'?s|that was|been) (?:\w+ )?(?:a (?:big|great|huge|real|"
    r"life ?saver)|so |very |really |super |most )?(?:help(?:ful)?|kind|life ?saver|the best|awesome|"
    r"wonderful)\b|"
    r"\bi'?m? (?:am )?(?:so |very |really )?(?:glad|happy|pleased) (?:that )?(?:you|for)\b|\bbig help\b|"
    r"\bbless you\b|\bso much for (?:the|your) help|\bkudos\b|\bi love (?:it|that|what you did)\b",
)
GREETING = re.compile(
    r"^(?:(?:oh|uh|um|well|yes|yeah),? )?(?:hi+|hey+|heyo|hello+|hiya|howdy|yo|good (?:morning|afternoon|"
    r"evening|day)|greetings|wass?up|what'?s up|sup|morning|afternoon|evening|hola|"
    r"aloha)(?:(?:,)? (?:there|ai|siri|you|again|everyone|y'all|to you|friend|buddy|my friend|sir|ma'am|"
    r"how|hows|how'?s|what'?s|up|are|it|is|going|you|doing|ya|today|this|morning|afternoon|been|do|the|"
    r"day))*$|"
    r"\bhow(?:'?s| is|s| are| have|'?ve)? (?:are |is |has |have )?(?:you|ya|u|it|things|everything|life|"
    r"your day|you all)\b(?: (?:been|doing|going|hanging|today|treating you|are|my friend|feeling|lately|"
    r"so far|going on|is|this (?:morning|evening|afternoon)|tonight))*$|"
    r"^how (?:ya|you) (?:doin\w*|been|are)$|\bhow do you do\b|"
    r"^hello\b.{0,20}\b(?:anyone|anybody|you) there|^are you (?:good|well|okay|ok|alright|doing (?:well|good|ok\w*))(?: today)?$|"
    r"\btell me how (?:are you|you are|you'?re)|\bnice to meet you|"
    r"\bwhat'?s (?:up|new|good|going on|happening)(?: with you)?$|\bpleased to meet",
)
MAYBE = re.compile(
    r"^(?:(?:well|um|uh|hmm|oh|i guess|so),? )*(?:maybe|perhaps|possibly|probably|might be|could be|"
    r"i guess(?: so)?(?! not)|not sure|kind of|sort of|who knows|idk|dunno|beats me|no (?:idea|clue)|hard to say|"
    r"it depends|we'?ll see|either|could go either way|potentially|depends)\b(?!.*\b(?:appointment|car|"
    r"oil|tire|brake|tuesday|monday|wednesday|thursday|friday|saturday|morning|afternoon|tomorrow|next|"
    r"week)\b)|"
    r"\b(?:don'?t|do not|dont|didn'?t) (?:really |exactly |even |just |quite |actually )?(?:know|"
    r"have (?:any |an |a )?(?:idea|clue|answer|preference|that info\w*|a guess)|remember|have the|"
    r"have that)\b|\bi'?m? (?:am |just )*(?:not|un)(?: really| exactly| so| entirely| too|"
    r" quite)? ?(?:sure|certain)\b|"
    r"\b(?:can'?t|cannot|couldn'?t|could not) (?:really |say|tell you|give you|be sure|decide|answer|"
    r"quite say)\b|\bhaven'?t (?:decided|got a clue|the foggiest|a clue)\b|"
    r"\b(?:either|both) (?:of them |one |are |is )?(?:could be|possible|or)\b|\bit'?s possible\b|"
    r"\b(?:undecided|unsure)\b|\bno idea\b|\bmight (?:or might not|be)\b$|\bneed to think\b",
)
DONE = re.compile(
    r"^\W*(okay,? )?(thank you|thanks)( so much| very much| a lot)?\W*$|"
    r"\b(that's all|that is all|that's it|that'll be all|nothing else|i'm good|all set|no thanks|"
    r"no thank you)\b",
    re.IGNORECASE,
)
NO_RECORDING = re.compile(
    r"\b(?:don'?t|do not|not|stop|rather not|without)\b.{0,30}\brecord(?:ed|ing)?\b|\bno recording\b",
    re.IGNORECASE,
)

# Looked for before any errand: none of these words serve one.
FIRST: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.WHO_ARE_YOU, MACHINE),
    (Intent.WHO_ARE_YOU, IDENTITY),
    (Intent.LANGUAGE, LANGUAGE),
    (Intent.SLOWER, SLOWER),
    (Intent.FASTER, FASTER),
    (Intent.LOUDER, LOUDER),
    (Intent.ABILITIES, ABILITIES),
    (Intent.REPEAT, REPEAT),
)
# Looked for when no errand was found: a booking may well begin with "hi" and end with "thanks".
LAST: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.GOODBYE, GOODBYE),
    (Intent.GOODBYE, FAREWELL),
    (Intent.STOP_TALKING, STOP_TALKING),
    (Intent.GREETING, GREETING),
    (Intent.HOLD_ON, HOLD_ON),
    (Intent.MAYBE, MAYBE),
    (Intent.THANKS, THANKS),
)
ACTS = frozenset(intent for intent, _ in (*FIRST, *LAST))
BEGINS_WITH_NO = re.compile(r"^(?:no|nope|nah|yes|yeah|yep|sure)\b")


def find_act(said: str, patterns: tuple[tuple[Intent, re.Pattern[str]], ...]) -> Intent | None:
    """The first of the acts that said (see symptoms.plain_words) performs."""
    for intent, pattern in patterns:
        if pattern.search(said):
            # "No, thank you" answers first of all: the thanks are manners.
            is_manners = intent is Intent.THANKS and BEGINS_WITH_NO.search(said)
            return None if is_manners else intent
    return None

"""The words by which people spell: radio alphabets, names of letters, letters that sound alike. Pure."""

NATO = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett juliette kilo lima mike november oscar papa"
    " quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"
)
# What the police say, and most people who make one up.
PLAIN = (
    "adam apple abel baker boy bob ball banana cat car charles cow david dog easy edward egg elephant eddie frank fox fred"
    " george girl goat henry hat house harry ida ice igloo john jack jim king kite larry lincoln lion love mary mother"
    " monkey nancy nora nickel no ocean orange oliver paul peter pizza queen quiet robert roger red sam sugar snake thomas"
    " tom tiger union uncle umbrella vincent van vase william water yellow young zebra zoo zero"
)
WORDS = {word: word[0].upper() for word in NATO.split()}
HOME_MADE = {word: word[0].upper() for word in PLAIN.split()} | WORDS

# The names of letters as a recogniser writes them. Nothing else is called so …
NAMES = {
    "bee": "B", "cee": "C", "dee": "D", "ee": "E", "eff": "F", "gee": "G", "aitch": "H", "haitch": "H", "jay": "J", "kay": "K",
    "el": "L", "ell": "L", "em": "M", "en": "N", "pee": "P", "cue": "Q", "queue": "Q", "ess": "S", "tee": "T", "vee": "V",
    "dubya": "W", "ex": "X", "zee": "Z", "zed": "Z",
}  # fmt: skip
# … and these are words of their own, so they count only beside other letters.
NAMES_IN_COMPANY = {
    "ay": "A", "eh": "A", "be": "B", "see": "C", "sea": "C", "eye": "I", "oh": "O", "pea": "P", "are": "R", "tea": "T", "ti": "T",
    "you": "U", "we": "V", "why": "Y", "wye": "Y",
}  # fmt: skip

# Heard one for the other on a telephone, the likeliest first.
SOUNDS_LIKE = {
    "A": "8HJK", "B": "DVPE3TGCZ", "C": "ZETBDPV3G", "D": "BTGEVPZ3C", "E": "BDPTVGCZ3", "F": "SX", "G": "JDTBPVEZC3",
    "H": "8AJ", "J": "GKA", "K": "AJ", "L": "", "M": "N", "N": "M", "O": "0", "P": "BTDEVGCZ3", "Q": "U2", "R": "",
    "S": "FX", "T": "DPBEGVCZ3", "U": "Q2", "V": "BZDEPTG3C", "W": "", "X": "SF6", "Y": "I5", "Z": "VC3BDEGPT", "I": "Y59",
    "0": "O", "1": "", "2": "UQ", "3": "EBDCGPTVZ", "4": "", "5": "9Y", "6": "X", "7": "", "8": "AH", "9": "5",
}  # fmt: skip


def sound_alike(one: str, other: str) -> bool:
    return one == other or other in SOUNDS_LIKE.get(one, "")

"""The phrases that name a day in other ways: "tomorrow", "Thanksgiving"; and those that name none to come. Pure."""

import re
from datetime import date

from voice.conversation import calendar_days
from voice.conversation.calendar_days import (
    HOLIDAY,
    ONE_DAY,
    WEEKDAYS,
    coming,
)
from voice.conversation.counted_days import base_of
from voice.conversation.date_phrases import year_of
from voice.conversation.date_spelling import MONTH, WEEKDAY
from voice.conversation.day_forms import (
    DAY,
    NTH,
    YEAR,
    Days,
    no_wish,
    one,
    phrase,
)


def _today(match: re.Match[str], today: date) -> Days | None:
    return one(today)


def _tomorrow(match: re.Match[str], today: date) -> Days | None:
    return one(today + ONE_DAY)


def _after_tomorrow(match: re.Match[str], today: date) -> Days | None:
    return one(today + 2 * ONE_DAY)


def _tomorrow_or_after(match: re.Match[str], today: date) -> Days | None:
    first, last = today + ONE_DAY, today + 2 * ONE_DAY
    return Days(first, last, choices=(first, last))


def _holiday(match: re.Match[str], today: date) -> Days | None:
    day = calendar_days.holiday(match["name"], today, year_of(match, today))
    return one(day if day >= today else None)


def _next_to_holiday(match: re.Match[str], today: date) -> Days | None:
    day = calendar_days.holiday(match["name"], today)
    return one(day + ONE_DAY if match["side"] in {"after", "following"} else day - ONE_DAY)


def _weekday_by_a_day(match: re.Match[str], today: date) -> Days | None:
    """ "The Friday after Thanksgiving", "the Monday before Christmas"."""
    weekday, base = WEEKDAYS.index(match["weekday"]), base_of(match["base"], today)
    return one(coming(base - 8 * ONE_DAY if match["side"] == "before" else base, weekday))


GREETED = r"(?:how are (?:you|things|we)|how's it going|doing|calling|talking|speaking|having|help(?:ing)? (?:me|you|us)(?: out)?|sound)"

NO_WISHES = (
    phrase("yesterday", r"\b(?:the day before )?yesterday(?:'s)?(?: (?:morning|afternoon|evening|night))?\b", no_wish),
    phrase("last past previous", rf"\b(?:last|this past|(?:the )?past|previous) (?:{WEEKDAY}|{MONTH}|weekend|week|month|year|night|spring|summer|fall|winter|evening"
           rf"|{HOLIDAY}|(?:few |couple (?:of )?|\d{{1,2}} )(?:days?|weeks?|months?|hours?|years?|nights?))(?: (?:morning|afternoon|evening|night))?\b"
           rf"(?! (?:of|in) (?:the|this|next|{MONTH})\b)", no_wish),
    phrase("earlier", r"(?<!anything )(?<!something )\bearlier (?:on )?(?:today|this (?:week|month|year|morning|afternoon|evening))\b", no_wish),
    phrase("ago", r"\b(?:(?:\d{1,2}|#|several|some) )?(?:(?:days?|weeks?|months?|years?|hours?|minutes?) )?(?:or so )?ago\b", no_wish),
    phrase("every each other", rf"\b(?:(?:{NTH}|{DAY}) of )?(?:every|each)(?: (?:other|single|{NTH}|\d{{1,2}}))? (?:{WEEKDAY}|day|night|morning|afternoon|evening|week|weekend|month"
           rf"|months|weeks|days)\b", no_wish),
    phrase("today", rf"\b{GREETED}(?: \w+)? today\b", no_wish),
    phrase("today now", r"\b(?:all|that's it|that is it|everything|nothing(?: else)?|done|good|looking)(?: that)?(?: i (?:need|needed|want|wanted|have|had|was looking for|am looking for))?(?: for)? (?:today|right now|now)(?=\W*(?:$|[,.!?]|thank))", no_wish),
    phrase("day", r"\bday (?:after|by|to) day\b|\b(?:same|all|one|some|other|every|good) day\b(?! after)", no_wish),
    phrase("march", r"(?:^|[,.;!?] ?|\b(?:to|i'll|will|can|and) )march (?:it|in|over|down|right|back|on)\b", no_wish),
)  # fmt: skip
HOLIDAYS_SAID = (
    phrase("day", rf"\bday (?P<side>after|before|following) (?:the )?(?P<name>{HOLIDAY})\b", _next_to_holiday),
    phrase("day", rf"\b(?P<weekday>{WEEKDAY}) (?P<side>after|before) (?:the )?(?P<base>{HOLIDAY})\b", _weekday_by_a_day),
    phrase("", rf"\b(?P<name>{HOLIDAY})(?!'?s? (?:week|vacation|break|tree|gift|present|card|bonus))\b{YEAR}", _holiday),
)  # fmt: skip
DAY_WORDS = (
    phrase("tomorrow", r"\btomorrow,? or (?:maybe )?(?:the )?(?:day after(?: that| tomorrow)?|next day|following day)\b", _tomorrow_or_after),
    phrase("day after", r"\b(?:the )?day after (?:tomorrow|next)\b|\b(?:the )?day after that\b", _after_tomorrow),
    phrase("tomorrow", r"\btomorrow(?:'s)?\b", _tomorrow),
    phrase("today tonight this", r"\b(?:today(?:'s)?\b|to(?=night)|this (?=(?:early |late |mid ?)?(?:morning|afternoon|evening|night)))", _today),
    phrase("day next following", r"\bthe day after\b(?=\s*(?:$|[,.?!;]|at\b|or\b|works?\b|please\b|would\b|is\b|around\b))"
           r"|\b(?:the )?(?:next|following) (?:business |working )?day\b|\b(?:the )?(?:following|next) (?=morning|afternoon|evening)", _tomorrow),
)  # fmt: skip

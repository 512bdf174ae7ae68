"""What no text may say: nobody is called by a role, and no code stands among words.

A record may say that somebody was recorded as a suspect in an event; that makes nobody a suspect.
So words of roles stand in a phrase of what was recorded, such as `recorded as a suspect in an
offence`, and nowhere else. Of whom only a network is told, no word of offending stands at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from think_family.errors import ThinkFamilyError

#: Words for what somebody is said to be in an event, or would be called for it.
ROLES = (
    "victim", "suspect", "offender", "perpetrator", "abuser", "attacker", "culprit", "groomer",
    "predator", "delinquent", "criminal", "accused", "defendant", "convict", "paedophile", "dealer",
    "gang member", "troublemaker", "threat", "prostitute", "runaway",
)  # fmt: skip

# How a record is told: `recorded as a suspect in`, `linked as victim to`.
_AS_RECORDED = re.compile(
    r"\b(?:recorded|linked) as (?:(?:a|an|the) )?(?:victim|suspect|offender|perpetrator)"
    r" (?:in|of|to) "
)
# Of these words only the noun names a person: criminal exploitation is a harm, to be suspected is
# told of.
_ROLE = re.compile(
    r"\b(?:" + "|".join(role for role in ROLES if role != "criminal") + r")(?:s|es|'s|s')?\b"
    r"|\bcriminals\b|\b(?:a|an|the|are|is|as|known|young|violent|career)\s+criminal\b(?! exploit)",
    re.IGNORECASE,
)
_OFFENDING = re.compile(
    r"\b(?:offen[cd]\w*|crim\w+|suspect\w*|arrest\w*|custody|police\w*|convict\w*|court\w*|prison\w*"
    r"|weapon\w*|violen\w+|drug\w*|theft|robber\w*|antisocial|perpetrat\w+|abus\w+|victim\w*)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b(?:\w*_\w*|(?=\w*[a-z])(?=\w*\d)\w+)")
_STRAY = re.compile(r",\s*(?:[,;.:]|$)|[;:]\s*(?:[,;.:]|$)|\s[,;.:]|\.\.|^\s*[,;.:]|\(\s*\)")
_SPACES = re.compile(r"\s{2,}|^\s|\s$|[\t\n]")


def faults_of(text: str, *, network_only: bool = False) -> tuple[str, ...]:
    """Tell what is wrong with a text, or with a phrase that may stand in one.

    Args:
        text: Words.
        network_only: Whether it is of somebody of whom only a network is told.

    Returns:
        Faults in words, none where nothing is wrong; they repeat the words at fault and no more.
    """
    faults = [
        f"calls somebody by a role: {found[0].lower()}"
        for found in _ROLE.finditer(text if network_only else _AS_RECORDED.sub("", text))
    ]
    if network_only:
        faults += [
            f"speaks of offending: {found[0].lower()}" for found in _OFFENDING.finditer(text)
        ]
    faults += [f"holds a code: {found[0]}" for found in _CODE.finditer(text)]
    if _STRAY.search(text):
        faults.append("has a stray mark")
    if _SPACES.search(text):
        faults.append("has a stray space")
    return tuple(faults)


def check_phrases(phrases: Iterable[tuple[str, str]], *, network_only: bool = False) -> None:
    """Stop at phrases that no text may hold.

    Args:
        phrases: Pairs of what a phrase is of (an indicator, a model), and the phrase.
        network_only: As in `faults_of`.

    Raises:
        ThinkFamilyError: A phrase is empty or at fault; it names what the phrase is of.
    """
    wrong = [
        f"{name}: {fault}"
        for name, phrase in sorted(set(phrases))
        for fault in (faults_of(phrase, network_only=network_only) if phrase else ("is empty",))
    ]
    if wrong:
        raise ThinkFamilyError(
            "Phrases that no text may hold: "
            + "; ".join(wrong)
            + ". Say what was recorded, not what anybody is."
        )

"""Why somebody was scored as they were, in plain words.

A text has three parts: what carried the score; what else is recorded of the person; what is
recorded of members of the family. Each phrase in it is of one reason, which has source rows; what
carried the score and is not named is counted. The same reasons give the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import column_of
from think_family.scoring.configuration import FLAG_COUNT, NETWORK
from think_family.scoring.wording import check_phrases

WHY = "why"
PERSON = "person"
FAMILY = "family"
PARTS = (WHY, PERSON, FAMILY)

# From this share of what lifts a score on, it is told what kind of records that was.
_MOSTLY = 0.5
_PARTLY = 0.2

_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip

# What is said by level; of who has none, which is most people, that nothing stands out.
_FOUND = {
    "High": "This person was found much more likely than most to",
    "Medium": "This person was found more likely than most to",
    "Low": "This person was found somewhat more likely than most to",
}
_NOT_FOUND = "This person was not found more likely than most to"

_PROXIES = (
    "Most of the score rests on records that may come of a harm that is already suspected or of"
    " help that is already given."
)

_MODEL, _INDEX = "the statistical model", "the analysts' index"

_RESULT = pa.schema(
    [
        ("model", pa.string()),
        ("person_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("text", pa.string()),
        ("text_why", pa.string()),
        ("text_person", pa.string()),
        ("text_family", pa.string()),
    ]
)


@dataclass(frozen=True)
class Part:
    """The reasons of one part of a text.

    Attributes:
        phrases: What is said after the word they, in order.
        n_further: Reasons that count and are not named.
    """

    phrases: tuple[str, ...] = ()
    n_further: int = 0


@dataclass(frozen=True)
class Finding:
    """What a text is made of.

    Attributes:
        risk: What the person may be more likely to do or be, after the word to.
        level: High, Medium, Low, or none.
        winner: Whose score counts: model, index or both.
        is_strong_disagreement: Whether model and index differ strongly.
        method: How the model works: learned, flag_count or network.
        known_by: By what the person is known already, or none.
        proxy_share: Of what lifts the score, the share of records that may tell the harm itself.
        family_share: Likewise the share of records of members of the family.
        why: What carried the score.
        person: What else is recorded of the person.
        family: What is recorded of members of the family.
    """

    risk: str
    level: str | None
    winner: str
    is_strong_disagreement: bool = False
    method: str = "learned"
    known_by: str | None = None
    proxy_share: float = 0.0
    family_share: float = 0.0
    why: Part = field(default_factory=Part)
    person: Part = field(default_factory=Part)
    family: Part = field(default_factory=Part)


@dataclass(frozen=True)
class Text:
    """A text, and its three parts; a part of which there is nothing to say is none."""

    whole: str
    why: str
    person: str | None
    family: str | None


def write_text(finding: Finding) -> Text:
    """Write why somebody was scored as they were.

    Args:
        finding: What it is made of.
    """
    why = " ".join(
        sentence
        for sentence in (
            _found(finding),
            _carried(finding),
            _PROXIES if finding.proxy_share > _MOSTLY else "",
            f"Already known by {finding.known_by}." if finding.known_by else "",
        )
        if sentence
    )
    person = _context("Contextual factors of this person:", finding.person)
    family = _context("Contextual factors of at least one member of their family:", finding.family)
    whole = " ".join(part for part in (why, person, family) if part)
    return Text(whole, why, person, family)


def in_words(number: int) -> str:
    """Say a number as text does: in words up to twelve."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _found(finding: Finding) -> str:
    phrases = list(dict.fromkeys(finding.why.phrases))
    if finding.family_share >= _PARTLY:
        phrases.append("belong to a family with records that counted")
    opening = _FOUND.get(finding.level or "")
    if opening is None:
        sentence = f"{_NOT_FOUND} {finding.risk}."
        listed = _listed(phrases, finding.why.n_further, "reason")
        return f"{sentence} What counted most: {listed}." if phrases else sentence
    if phrases:
        listed = _listed(phrases, finding.why.n_further, "reason", before="for ")
        return f"{opening} {finding.risk} because {listed}."
    if finding.why.n_further:
        number = finding.why.n_further
        return f"{opening} {finding.risk} for {_counted(number, 'reason')} not listed here."
    return f"{opening} {finding.risk} but no single record stands out."


def _carried(finding: Finding) -> str:
    if finding.method == NETWORK:
        return "The score tells of people near this person and of nothing else."
    if finding.method == FLAG_COUNT:
        return "The score is a count of flags."
    if finding.winner == "both":
        return f"{_MODEL[:1].upper()}{_MODEL[1:]} and {_INDEX} give the same score."
    higher, lower = (_MODEL, _INDEX) if finding.winner == "model" else (_INDEX, _MODEL)
    far = f"; {lower} gives a far lower one" if finding.is_strong_disagreement else ""
    return f"The score is that of {higher}{far}."


def _context(opening: str, part: Part) -> str | None:
    phrases = list(dict.fromkeys(part.phrases))
    if not phrases:
        # What may not be named would be alone, and be told by that.
        return None
    return f"{opening} {_listed(phrases, part.n_further, 'factor')}."


def _listed(phrases: Sequence[str], n_further: int, noun: str, before: str = "") -> str:
    told = [f"they {phrase}" for phrase in phrases]
    if n_further:
        told.append(f"and {before}{_counted(n_further, f'further {noun}')}")
    elif len(told) > 1:
        told[-1] = f"and {told[-1]}"
    return "; ".join(told)


def _counted(number: int, noun: str) -> str:
    return f"{in_words(number)} {noun}{'' if number == 1 else 's'}"


def texts_written(persons: Any, reasons: Any, indicators: Any, models: Any) -> pa.Table:
    """Write the texts of everybody who was scored.

    Args:
        persons: `int_scores__persons_scored`: model, person_id, as_of_date, level, winner,
            is_strong_disagreement, known_by.
        reasons: `int_scores__reasons_told` of them: model, person_id, as_of_date, text_part, nth,
            scope, reason_code, phrase, lift_share, is_carrying, is_label_proxy, is_told_by_another,
            is_named.
        indicators: The seed `score_indicator`: model, phrase_risk.
        models: `int_scores__models_configured`: model, method.

    Returns:
        One row per model, person and day, in this order: text and its parts text_why, text_person
        and text_family. Of a network only those of whom there is a reason.

    Raises:
        ThinkFamilyError: A model has no words, or a phrase may not stand in a text; it names the
            indicator, and nobody.
    """
    risk_of = _mapping(indicators, "model", "phrase_risk")
    method_of = _mapping(models, "model", "method")
    scored = _rows(
        persons,
        "model, person_id, as_of_date, level, winner, is_strong_disagreement, known_by",
    )
    lacking = sorted({row["model"] for row in scored} - risk_of.keys())
    if lacking:
        raise ThinkFamilyError(f"score_indicator has no words for: {', '.join(lacking)}.")
    told = _parts(reasons, method_of)
    check_phrases(
        {(row["model"], risk_of[row["model"]]) for row in scored}
        | {(row["model"], row["known_by"]) for row in scored if row["known_by"]}
    )
    texts = []
    for row in sorted(scored, key=lambda row: (row["model"], row["person_id"], row["as_of_date"])):
        key = (row["model"], row["person_id"], row["as_of_date"])
        if key not in told and method_of[row["model"]] == NETWORK:
            continue
        parts, shares = told.get(key, ({}, (0.0, 0.0)))
        text = write_text(
            Finding(
                risk=risk_of[row["model"]],
                level=row["level"],
                winner=row["winner"],
                is_strong_disagreement=bool(row["is_strong_disagreement"]),
                method=method_of[row["model"]],
                known_by=row["known_by"],
                proxy_share=shares[0],
                family_share=shares[1],
                why=parts.get(WHY, Part()),
                person=parts.get(PERSON, Part()),
                family=parts.get(FAMILY, Part()),
            )
        )
        texts.append((*key, text.whole, text.why, text.person, text.family))
    columns = zip(*texts, strict=True) if texts else [[] for _ in _RESULT]
    return pa.table(
        [pa.array(list(column), kind) for column, kind in zip(columns, _RESULT.types, strict=True)],
        schema=_RESULT,
    )


_Key = tuple[str, str, Any]


def _parts(
    reasons: Any, method_of: dict[str, str]
) -> dict[_Key, tuple[dict[str, Part], tuple[float, float]]]:
    """Give each person's parts, and the shares of label proxies and of the family."""
    rows = _rows(
        reasons,
        "model, person_id, as_of_date, text_part, nth, scope, reason_code, phrase, lift_share,"
        " is_carrying, is_label_proxy, is_told_by_another, is_named",
    )
    for network_only in (False, True):
        check_phrases(
            {
                (row["reason_code"], row["phrase"] or "")
                for row in rows
                if row["is_named"] and (method_of[row["model"]] == NETWORK) == network_only
            },
            network_only=network_only,
        )
    # Within a part by nth; the rest of the key so that sums have one order.
    rows.sort(key=lambda row: (row["text_part"], row["nth"], row["scope"], row["reason_code"]))
    phrases: dict[_Key, dict[str, list[str]]] = {}
    further: dict[_Key, dict[str, int]] = {}
    shares: dict[_Key, list[float]] = {}
    for row in rows:
        key = (row["model"], row["person_id"], row["as_of_date"])
        share = shares.setdefault(key, [0.0, 0.0])
        if row["is_carrying"]:
            share[0] += row["lift_share"] if row["is_label_proxy"] else 0.0
            share[1] += row["lift_share"] if row["scope"] == FAMILY else 0.0
        part = row["text_part"]
        if part not in PARTS:
            continue
        if row["is_named"]:
            phrases.setdefault(key, {}).setdefault(part, []).append(row["phrase"])
        elif not row["is_told_by_another"]:
            counts = further.setdefault(key, {})
            counts[part] = counts.get(part, 0) + 1
    return {
        key: (
            {
                part: Part(
                    tuple(phrases.get(key, {}).get(part, ())), further.get(key, {}).get(part, 0)
                )
                for part in PARTS
            },
            (share[0], share[1]),
        )
        for key, share in shares.items()
    }


def _rows(table: Any, names: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.table(
        {name: column_of(table, name) for name in names.split(", ")}
    ).to_pylist()
    return rows


def _mapping(table: Any, key: str, value: str) -> dict[str, str]:
    return {row[key]: row[value] for row in _rows(table, f"{key}, {value}")}

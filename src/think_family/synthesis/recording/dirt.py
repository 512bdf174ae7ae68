"""Dirt: how often records are wrong, and how they are then wrong.

`RATES` is the one table of rates. They were set from published linkage studies and inspections
(docs/synthetic-city-recording.md names them) before any linkage was measured, and are not to be
moved to please a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from think_family.synthesis.recording.text import Flags, Ints, Text, numpy_text

RATES: Mapping[str, float] = {
    # share of records, times the system's own factor in QUALITY
    "surname_misspelt": 0.012,
    "forename_misspelt": 0.012,
    "names_swapped": 0.003,
    "double_surname_halved": 0.12,  # of double-barrelled surnames
    "double_surname_spaced": 0.12,  # of hyphenated surnames
    "nickname": 0.08,  # of people who go by one
    "middle_name_added": 0.015,  # of people with a middle name
    "name_padded": 0.006,  # a space before, after or doubled
    "name_case_odd": 0.010,
    "name_not_updated": 0.30,  # of records: the name stays that of the first entry
    "former_surname_held": 0.45,  # of records of people with one
    "birth_day_month_swapped": 0.003,  # where the day could be a month
    "birth_year_off": 0.003,
    "birth_day_off": 0.003,
    "birth_first_january": 0.002,
    "birth_missing": 0.004,
    "birth_unreadable": 0.0004,
    "sex_wrong": 0.0015,
    "sex_unknown": 0.004,
    "address_not_updated": 0.12,  # of records: moves after the first entry were not told
    "address_missing": 0.010,
    "address_abbreviated": 0.060,
    "address_upper_case": 0.040,
    "address_two_lines": 0.003,  # a line break in the value
    "address_quoted": 0.003,  # quotation marks in the value
    "postcode_lower_case": 0.020,
    "postcode_unspaced": 0.030,
    "postcode_misspaced": 0.005,
    "postcode_mistyped": 0.004,
    "identifier_mistyped": 0.0010,
    # share of records, the same in every system
    "corrected": 0.12,  # of wrong records: put right in a later delivery
    "vanished": 0.003,  # of rows in full extracts: absent from a later file
    "late": 0.003,  # of rows: recorded long before they are first delivered
    "duplicated": 0.002,  # of rows: written twice in one file
    "code_unknown": 0.002,  # of rows of the columns in deliveries.UNKNOWN_CODES
    "new_ethnic_code": 0.35,  # of Gypsy, Roma and Traveller people: a code the lists lack
    "address_unmatched": 0.08,  # of located rows: no property reference
    "address_unknown": 0.04,  # of located police rows: no address at all
    # share of people in a system
    "police_second_nominal": 0.04,
    "social_care_second_record": 0.025,
    "somerset_second_record": 0.030,
    "youth_justice_second_record": 0.03,
    "pupil_second_record": 0.006,
    "pupil_former_upn": 0.010,
    "pupil_other_surname": 0.020,
    "alias_surname": 0.030,
}

QUALITY: Mapping[str, float] = {
    "health": 0.4,
    "education": 0.6,
    "dwp": 0.5,
    "social_care": 1.0,
    "somerset": 1.2,
    "youth_justice": 1.0,
    "housing": 1.2,
    "revenues": 1.2,
    "contacts": 1.6,
    "police": 2.0,
    "voluntary": 1.5,
    "panel": 0.8,
    "response": 0.8,
}
"""How much worse (above 1) or better than average each kind of system keeps identity details."""

HELD: Mapping[str, float] = {
    # share of people whose identifier the system holds at all
    "education_upn": 0.985,
    "social_care_nhs_child": 0.72,
    "social_care_nhs_adult": 0.30,
    "social_care_upn": 0.78,
    "somerset_nhs_child": 0.60,
    "somerset_nhs_adult": 0.20,
    "somerset_upn_pupil": 0.93,
    "somerset_upn_other": 0.50,
    "somerset_nino": 0.12,
    "housing_nino": 0.72,
    "homelessness_nino": 0.60,
    "revenues_nino": 0.08,
    "dwp_nino": 0.995,
    "somerset_housing_nino": 0.45,
    "youth_justice_pnc": 0.80,
    "contact_birth": 0.30,
    "second_contact": 0.75,
    "revenues_birth": 0.45,
    "panel_nominal": 0.70,
}
"""Which systems hold which identifier or detail, as a share of those who have one."""

BIRTH_KINDS = (
    "right",
    "birth_day_month_swapped",
    "birth_year_off",
    "birth_day_off",
    "birth_first_january",
    "birth_missing",
    "birth_unreadable",
)

_NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht",
    "h": "gjy", "i": "uoy", "j": "hkn", "k": "jlm", "l": "kop", "m": "nkj", "n": "bmh",
    "o": "ipl", "p": "olo", "q": "wak", "r": "etf", "s": "adz", "t": "ryg", "u": "yio",
    "v": "cbf", "w": "qes", "x": "zcs", "y": "tui", "z": "xas",
}  # fmt: skip


def _substitutes() -> npt.NDArray[np.uint32]:
    table = np.tile(np.arange(256, dtype=np.uint32)[:, None], (1, 3))
    for letter, near in _NEIGHBOURS.items():
        table[ord(letter)] = [ord(c) for c in near]
        table[ord(letter.upper())] = [ord(c) for c in near.upper()]
    for digit in range(10):
        table[ord("0") + digit] = [ord("0") + (digit + step) % 10 for step in (1, 3, 9)]
    return table


_SUBSTITUTES = _substitutes()


@dataclass(frozen=True)
class Slips:
    """How each of some values is mistyped: fixed draws, so that the same slip shows in every file.

    Attributes:
        kind: 0 substituted, 1 left out, 2 transposed, 3 doubled; one per value.
        place: Where, as a share of the length.
        letter: Which of three neighbouring keys.
    """

    kind: Ints
    place: npt.NDArray[np.float64]
    letter: Ints

    @classmethod
    def drawn(cls, rng: np.random.Generator, n: int) -> Slips:
        """Draw `n` slips; the four kinds of Damerau's classification are about equally common."""
        return cls(rng.integers(0, 4, n), rng.random(n), rng.integers(0, 3, n))

    def at(self, rows: Ints) -> Slips:
        """Return the slips of some of the values."""
        return Slips(self.kind[rows], self.place[rows], self.letter[rows])


def mistyped(text: Text, slips: Slips, *, substitute_only: bool = False) -> Text:
    """Texts with one slip of the keys each: substitution, omission, transposition or doubling.

    The first letter is spared in texts of three letters or more, as people notice it. Texts of
    fewer than two letters stay as they are. With `substitute_only` the length never changes.
    """
    values = numpy_text(text)
    n = len(values)
    if not n:
        return text
    width = max(values.dtype.itemsize // 4, 1)
    points = np.zeros((n, width + 1), dtype=np.uint32)
    points[:, :width] = values.view(np.uint32).reshape(n, width)
    length = (points != 0).sum(axis=1)
    first = np.where(length >= 3, 1, 0)
    place = first + np.floor(slips.place * np.maximum(length - first, 1)).astype(np.int64)
    kind = np.zeros(n, dtype=np.int64) if substitute_only else slips.kind.copy()
    place = np.where(kind == 2, np.minimum(place, np.maximum(length - 2, 0)), place)
    column = np.arange(width + 1)[None, :]
    here = place[:, None]
    source = np.broadcast_to(column, points.shape).copy()
    source += (kind[:, None] == 1) & (column >= here)
    source -= (kind[:, None] == 3) & (column > here)
    source += (kind[:, None] == 2) & (column == here)
    source -= (kind[:, None] == 2) & (column == here + 1)
    source = np.clip(source, 0, width)
    made = np.take_along_axis(points, source, axis=1)
    rows = np.flatnonzero(kind == 0)
    old = np.minimum(made[rows, place[rows]], 255)
    made[rows, place[rows]] = _SUBSTITUTES[old, slips.letter[rows]]
    made[length < 2] = points[length < 2]
    made = np.ascontiguousarray(made)
    return pa.array(made.view(f"<U{width + 1}").reshape(n).astype(object), pa.string())


def births(born: Ints, kind: Ints, step: Ints) -> tuple[npt.NDArray[np.int64], Flags, Flags]:
    """Dates of birth as recorded.

    Args:
        born: True days of birth.
        kind: Position in `BIRTH_KINDS` per record.
        step: -1 or 1 per record, the direction of an error by one.

    Returns:
        The recorded day, whether it is missing, and whether it is unreadable.
    """
    recorded = np.asarray(born, dtype=np.int64).copy()
    date = recorded.astype("datetime64[D]")
    month_start = date.astype("datetime64[M]")
    day_of_month = (date - month_start).astype(np.int64) + 1
    year_start = date.astype("datetime64[Y]")
    month = (month_start - year_start.astype("datetime64[M]")).astype(np.int64) + 1
    swap = (kind == 1) & (day_of_month <= 12)
    swapped = (year_start.astype("datetime64[M]") + (day_of_month - 1)).astype("datetime64[D]") + (
        month - 1
    )
    recorded[swap] = swapped[swap].astype(np.int64)
    off = kind == 2
    # Capped at the 28th so that every month has the day.
    other_year = (
        (month_start + 12 * step).astype("datetime64[D]") + np.minimum(day_of_month, 28) - 1
    )
    recorded[off] = other_year[off].astype(np.int64)
    recorded[kind == 3] += step[kind == 3]
    first = kind == 4
    recorded[first] = year_start[first].astype("datetime64[D]").astype(np.int64)
    return recorded, kind == 5, kind == 6


def birth_kinds(rng: np.random.Generator, n: int, factor: float) -> npt.NDArray[np.int64]:
    """Draw how each date of birth is recorded, as positions in `BIRTH_KINDS`."""
    rates = np.array([RATES[name] * factor for name in BIRTH_KINDS[1:]])
    edges = np.concatenate([[1 - rates.sum()], 1 - rates.sum() + np.cumsum(rates)])
    return np.minimum(
        np.searchsorted(edges, rng.random(n), side="right"), len(BIRTH_KINDS) - 1
    ).astype(np.int64)

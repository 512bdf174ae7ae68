"""How systems see people: names, birth dates, sex, ethnicity, addresses and identifiers.

A `Sight` is what one system holds of a number of people, one row each, with its dirt. The same
draws make what it held at the first delivery and what it held at the last, so that a record
changes between files only where the person's details changed or a mistake was put right.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from think_family.synthesis.recording.dirt import (
    QUALITY,
    RATES,
    Slips,
    birth_kinds,
    births,
    mistyped,
)
from think_family.synthesis.recording.extract import FIRST, LAST, Extract
from think_family.synthesis.recording.text import (
    Flags,
    Ints,
    Text,
    dates,
    filled,
    joined,
    null_where,
    replaced,
    take,
    whole,
)
from think_family.synthesis.world import ADDRESS_KINDS, ETHNICITIES, NOBODY, World, categories

Rows = npt.NDArray[np.int64]

_T = TypeVar("_T", bound=np.generic)

_KEY = 1 << 20
_ZERO = 1 << 19

HOMES = ("home", "temporary", "refuge", "hostel")
"""Kinds of residence that make an area responsible for a person."""


def as_text(series: pd.Series[Any]) -> Text:
    """Turn a column of the world into text."""
    array = pa.array(series)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string())


def codes(series: pd.Series[Any]) -> Rows:
    """Positions of a code column in its categories."""
    return np.asarray(series.cat.codes, dtype=np.int64)


def numbers(series: pd.Series[Any]) -> Rows:
    """Turn a column of days or row numbers into int64."""
    return series.to_numpy().astype(np.int64)


class Timeline:
    """Rows of a table of spells, found by subject and day."""

    def __init__(self, subject: Rows, start: Rows, end: Rows, rows: Rows | None = None) -> None:
        """Sort spells by subject and start; `rows` are their numbers in the full table."""
        order = np.lexsort((start, subject))
        self._subject = subject[order]
        self._key = self._subject * _KEY + np.clip(start[order], -_ZERO + 1, _ZERO - 1) + _ZERO
        self._end = end[order]
        self._rows = order if rows is None else rows[order]

    def at(self, subject: Rows, day: Rows, *, strict: bool = False) -> Rows:
        """Row of the latest spell begun by the day, or of the first one; -1 if there is none.

        With `strict` only a spell that still lasts on the day counts.
        """
        if not len(self._key):
            return np.full(len(subject), NOBODY, dtype=np.int64)
        found = np.searchsorted(self._key, subject * _KEY + day + _ZERO, side="right") - 1
        begun = np.maximum(found, 0)
        good = (found >= 0) & (self._subject[begun] == subject)
        if strict:
            good &= self._end[begun] > day
            return np.where(good, self._rows[begun], NOBODY)
        following = np.minimum(found + 1, len(self._key) - 1)
        first = ~good & (self._subject[following] == subject)
        return np.where(good, self._rows[begun], np.where(first, self._rows[following], NOBODY))


class People:
    """The people and addresses of a world, ready to be looked up by many rows at once."""

    def __init__(self, world: World) -> None:
        """Sort the names and residences of a world and set up their vocabularies."""
        persons = world.persons
        self.n = len(persons)
        self.born = numbers(persons["born"])
        self.died = numbers(persons["died"])
        self.left = numbers(persons["left"])
        self.arrived = numbers(persons["arrived"])
        self.sex = codes(persons["sex"]) == categories("persons", "sex").index("m")
        self.former_sex = codes(persons["former_sex"]) == categories("persons", "former_sex").index(
            "m"
        )
        self.sex_changed = numbers(persons["sex_changed"])
        self.ethnicity = codes(persons["ethnicity"])
        self.area = numbers(persons["area"])
        self.twin = numbers(persons["twin_of"]) != NOBODY
        adopted_from = numbers(persons["adopted_from"])
        self.adopted_from = adopted_from
        self.adopted = adopted_from != NOBODY
        self.order_day = np.full(self.n, np.int64(LAST * 10))
        self.order_day[adopted_from[self.adopted]] = self.left[adopted_from[self.adopted]]
        self.given_up = np.zeros(self.n, dtype=bool)
        self.given_up[adopted_from[self.adopted]] = True
        self.nhs_number = as_text(persons["nhs_number"])
        self.nino = as_text(persons["nino"])
        self.upn = as_text(persons["upn"])
        self._nickname = as_text(persons["nickname"])
        self._middle = as_text(persons["middle_name"])

        names = world.names
        self._names = Timeline(
            numbers(names["person"]), numbers(names["start"]), numbers(names["end"])
        )
        self._forename = as_text(names["forename"])
        self._surname = as_text(names["surname"])
        # The surname before, of the same person, if it was another one.
        order = np.lexsort((numbers(names["start"]), numbers(names["person"])))
        who = numbers(names["person"])[order]
        surname_code = pc.dictionary_encode(self._surname).indices.to_numpy()[order]
        before = np.full(len(order), NOBODY, dtype=np.int64)
        if len(order):
            other = (who[1:] == who[:-1]) & (surname_code[1:] != surname_code[:-1])
            before[order[1:][other]] = order[:-1][other]
        self._name_before = before
        self.last_name = self._names.at(np.arange(self.n), np.full(self.n, LAST))

        residences = world.residences
        who, start, end = (numbers(residences[c]) for c in ("person", "start", "end"))
        self._residence_address = numbers(residences["address"])
        self.residence_kind = codes(residences["kind"])
        self._stays = Timeline(who, start, end)
        kinds = categories("residences", "kind")
        at_home = np.flatnonzero(np.isin(self.residence_kind, [kinds.index(k) for k in HOMES]))
        self._homes = Timeline(who[at_home], start[at_home], end[at_home], at_home)

        addresses = world.addresses
        self.address_area = numbers(addresses["area"])
        self.address_kind = codes(addresses["kind"])
        self.uprn = whole(numbers(addresses["uprn"]))
        self.postcode = as_text(addresses["postcode"])
        self.line = as_text(addresses["line"])
        self.street = as_text(addresses["street"])
        self.town = as_text(addresses["town"])
        self.address_line = _lines(self.line, self.street)

    def names_on(self, person: Rows, day: Rows) -> Rows:
        """Row of the name in use."""
        return self._names.at(person, day)

    def address_on(self, person: Rows, day: Rows) -> Rows:
        """Address of the latest stay begun by the day, wherever it was; -1 if there is none."""
        stay = self._stays.at(person, day)
        return np.where(stay >= 0, self._residence_address[stay], NOBODY)

    def home_on(self, person: Rows, day: Rows) -> Rows:
        """Address of the latest home, placements left aside; -1 if there is none."""
        stay = self._homes.at(person, day)
        return np.where(stay >= 0, self._residence_address[stay], NOBODY)

    def lives_at(self, person: Rows, address: Rows, day: Rows) -> Flags:
        """Whether each person's stay on the day is at the address."""
        found: Flags = (self.address_on(person, day) == address) & (address >= 0)
        return found

    def responsible_area(self, person: Rows, day: Rows) -> Rows:
        """Area that answers for a person on a day: that of the home, not of a placement."""
        home = self.home_on(person, day)
        return np.where(home >= 0, self.address_area[home], self.area[person])

    def age_on(self, person: Rows, day: Rows) -> Rows:
        """Age in whole years."""
        return np.floor((day - self.born[person]) / 365.25).astype(np.int64)


def _lines(line: Text, street: Text) -> Text:
    """House number and street on one line."""
    plain = joined(" ", line, street)
    lone = ~filled(street)
    return (
        replaced(plain, np.flatnonzero(lone), line.filter(pa.array(lone))) if lone.any() else plain
    )


def surname_first(surname: Text, forename: Text) -> Text:
    """Names as SURNAME, Forename; null where both are null."""
    return joined(", ", pc.utf8_upper(surname), forename)


class Sight:
    """What one system holds of some people."""

    def __init__(
        self,
        people: People,
        rng: np.random.Generator,
        quality: str,
        person: Rows,
        entered: Rows,
        seen: Rows,
        *,
        upper: bool = False,
        address: Rows | None = None,
    ) -> None:
        """Draw the dirt of one row per person.

        Args:
            people: The people.
            rng: Generator of this extract.
            quality: Key of `QUALITY`.
            person: Person of each row.
            entered: Day of the first entry.
            seen: Day of the last contact, at which details may have been renewed.
            upper: Whether the system keeps surnames in capitals.
            address: Address of each row where the system gives it itself; else where people live.
        """
        n = len(person)
        factor = QUALITY[quality]
        self._people, self._person, self._upper = people, person, upper
        self.style = "iso"

        def flag(rate: str) -> Flags:
            return np.asarray(rng.random(n) < RATES[rate] * factor)

        entered = np.minimum(entered, LAST)
        renewed = np.maximum(np.minimum(seen, LAST), entered)
        first_seen = np.maximum(np.minimum(renewed, FIRST), entered)
        keeps_name, keeps_address = flag("name_not_updated"), flag("address_not_updated")
        self._seen = renewed
        # Two looks: 0 as held at the first delivery, 1 as held at the last.
        self._name = [
            people.names_on(person, np.where(keeps_name, entered, day))
            for day in (first_seen, renewed)
        ]
        self.address = [
            people.address_on(person, np.where(keeps_address, entered, day))
            if address is None
            else address
            for day in (first_seen, renewed)
        ]
        self._wrong = {
            rate: flag(rate)
            for rate in (
                "surname_misspelt",
                "forename_misspelt",
                "names_swapped",
                "double_surname_halved",
                "double_surname_spaced",
                "nickname",
                "middle_name_added",
                "name_padded",
                "name_case_odd",
                "sex_wrong",
                "sex_unknown",
                "address_missing",
                "address_abbreviated",
                "address_upper_case",
                "address_two_lines",
                "address_quoted",
                "postcode_lower_case",
                "postcode_unspaced",
                "postcode_misspaced",
                "postcode_mistyped",
            )
        }
        self._holds_former = rng.random(n) < RATES["former_surname_held"]
        self._surname_slips = Slips.drawn(rng, n)
        self._forename_slips = Slips.drawn(rng, n)
        self._postcode_slips = Slips.drawn(rng, n)
        self._birth_kind = birth_kinds(rng, n, factor)
        self._step = rng.choice(np.array([-1, 1]), n)
        wrong = (
            self._wrong["surname_misspelt"]
            | self._wrong["forename_misspelt"]
            | self._wrong["names_swapped"]
            | self._wrong["sex_wrong"]
            | (self._birth_kind > 0)
            | self._wrong["postcode_mistyped"]
        )
        self._corrected = wrong & (rng.random(n) < RATES["corrected"]) & (entered <= FIRST)
        self._amended_day = rng.integers(FIRST + 1, LAST + 1, n)
        moved = (self.address[0] != self.address[1]) & (entered <= FIRST)
        renamed = (self._name[0] != self._name[1]) & (entered <= FIRST)
        self._amended = {
            "name": np.flatnonzero(renamed | self._corrected),
            "address": np.flatnonzero(moved | self._corrected),
            "detail": np.flatnonzero(self._corrected),
        }

    @property
    def name_changed(self) -> Flags:
        """Whether the name held (apart from mistakes) is not the person's last one."""
        people = self._people
        changed: Flags = self._name[1] != people.last_name[self._person]
        return changed

    def put(self, extract: Extract, **roles: str) -> None:
        """Fill columns of an extract, final values and earlier ones.

        Args:
            extract: The extract, with the same rows as this sight.
            roles: Column -> surname, forename, former_surname, full_name, birth, address_line or
                postcode; or uprn, that of the address.
        """
        self.style = extract.layout.style
        for column, role in roles.items():
            extract.columns[column] = self._make(role, 1, None)
            kind = {
                "birth": "detail",
                "address_line": "address",
                "postcode": "address",
                "uprn": "address",
            }.get(role, "name")
            rows = self._amended[kind]
            if len(rows):
                extract.amend(column, rows, self._make(role, 0, rows), self._amended_day[rows])
        if {"surname", "full_name"} & set(roles.values()):
            extract.persons = self._person
            extract.name_changed = self.name_changed

    def put_sex(self, extract: Extract, column: str, male: str, female: str, unknown: str) -> None:
        """Fill the column of sex with a system's own codes."""
        words = pa.array([female, male, unknown])
        extract.columns[column] = take(words, self._sex(1))
        rows = self._amended["detail"]
        if len(rows):
            earlier = take(words, self._sex(0)[rows])
            extract.amend(column, rows, earlier, self._amended_day[rows])

    def _sex(self, look: int) -> Rows:
        people = self._people
        after = self._seen >= people.sex_changed[self._person]
        male = np.where(after, people.sex[self._person], people.former_sex[self._person])
        male ^= self._bad("sex_wrong", look, None)
        return np.where(self._wrong["sex_unknown"], 2, male.astype(np.int64))

    def _bad(self, rate: str, look: int, rows: Rows | None) -> Flags:
        """Which of the rows carry a mistake in this look: corrected ones only in the earlier."""
        found = self._wrong[rate] if look == 0 else self._wrong[rate] & ~self._corrected
        return self._of(found, rows)

    def _make(self, role: str, look: int, rows: Rows | None) -> Text:
        if role == "surname":
            return self._surname(look, rows)
        if role == "forename":
            return self._forename(look, rows)
        if role == "full_name":
            return surname_first(self._surname(look, rows), self._forename(look, rows))
        if role == "former_surname":
            return self._former_surname(look, rows)
        if role == "birth":
            return self._birth(look, rows)
        if role == "address_line":
            return self._address_line(look, rows)
        if role == "postcode":
            return self._postcode(look, rows)
        if role == "uprn":
            return take(self._people.uprn, self._of(self.address[look], rows))
        raise ValueError(f"unknown role: {role}")

    @staticmethod
    def _of(values: npt.NDArray[_T], rows: Rows | None) -> npt.NDArray[_T]:
        return values if rows is None else values[rows]

    def _surname(self, look: int, rows: Rows | None) -> Text:
        people, name = self._people, self._of(self._name[look], rows)
        text = take(people._surname, name)
        swapped = np.flatnonzero(self._bad("names_swapped", look, rows))
        text = replaced(text, swapped, take(people._forename, name[swapped]))
        text = _apply(text, self._bad("double_surname_halved", look, rows), _halved)
        text = _apply(text, self._bad("double_surname_spaced", look, rows), _spaced)
        text = self._slipped(text, "surname_misspelt", self._surname_slips, look, rows)
        if self._upper:
            text = pc.utf8_upper(text)
        return self._untidy(text, rows)

    def _forename(self, look: int, rows: Rows | None) -> Text:
        people, name = self._people, self._of(self._name[look], rows)
        person = self._of(self._person, rows)
        text = take(people._forename, name)
        swapped = self._bad("names_swapped", look, rows)
        at = np.flatnonzero(swapped)
        text = replaced(text, at, take(people._surname, name[at]))
        for rate, vocabulary in (
            ("nickname", people._nickname),
            ("middle_name_added", people._middle),
        ):
            at = np.flatnonzero(self._of(self._wrong[rate], rows) & ~swapped)
            other = take(vocabulary, person[at])
            has = filled(other)
            at, other = at[has], other.filter(pa.array(has))
            if rate == "middle_name_added":
                other = joined(" ", text.take(at), other)
            text = replaced(text, at, other)
        text = self._slipped(text, "forename_misspelt", self._forename_slips, look, rows)
        return self._untidy(text, rows)

    def _slipped(self, text: Text, rate: str, slips: Slips, look: int, rows: Rows | None) -> Text:
        at = np.flatnonzero(self._bad(rate, look, rows))
        where = at if rows is None else rows[at]
        return replaced(text, at, mistyped(text.take(at), slips.at(where)))

    def _untidy(self, text: Text, rows: Rows | None) -> Text:
        text = _apply(text, self._of_flags("name_padded", rows), _padded)
        odd = pc.utf8_lower if self._upper else pc.utf8_upper
        return _apply(text, self._of_flags("name_case_odd", rows), odd)

    def _of_flags(self, rate: str, rows: Rows | None) -> Flags:
        return self._of(self._wrong[rate], rows)

    def _former_surname(self, look: int, rows: Rows | None) -> Text:
        people, name = self._people, self._of(self._name[look], rows)
        before = np.where(name >= 0, people._name_before[name], NOBODY)
        held = self._of(self._holds_former, rows)
        text = take(people._surname, np.where(held, before, NOBODY))
        return pc.utf8_upper(text) if self._upper else text

    def _birth(self, look: int, rows: Rows | None) -> Text:
        kind = self._birth_kind if look == 0 else np.where(self._corrected, 0, self._birth_kind)
        recorded, missing, unreadable = births(
            self._people.born[self._of(self._person, rows)],
            self._of(kind, rows),
            self._of(self._step, rows),
        )
        text = dates(recorded, self.style, where=~missing)
        at = np.flatnonzero(unreadable)
        broken = {"iso": "0000-00-00", "dmy": "00/00/0000", "dmon": "NOT KNOWN"}[self.style]
        return replaced(text, at, pa.array([broken] * len(at), pa.string()))

    def _address_line(self, look: int, rows: Rows | None) -> Text:
        people, address = self._people, self._of(self.address[look], rows)
        text = take(people.address_line, address)
        text = _apply(text, self._of_flags("address_abbreviated", rows), _abbreviated)
        text = _apply(text, self._of_flags("address_upper_case", rows), pc.utf8_upper)
        for rate, shape in (("address_two_lines", _two_lines), ("address_quoted", _quoted)):
            at = np.flatnonzero(self._of_flags(rate, rows) & (address >= 0))
            line, street = take(people.line, address[at]), take(people.street, address[at])
            text = replaced(text, at, shape(line, street))
        return null_where(text, self._of_flags("address_missing", rows))

    def _postcode(self, look: int, rows: Rows | None) -> Text:
        text = take(self._people.postcode, self._of(self.address[look], rows))
        at = np.flatnonzero(self._bad("postcode_mistyped", look, rows))
        where = at if rows is None else rows[at]
        # Only the inward code slips: the outward code is known to whoever types it.
        slipped = mistyped(
            pc.utf8_slice_codeunits(text.take(at), -3),
            self._postcode_slips.at(where),
            substitute_only=True,
        )
        text = replaced(
            text, at, joined("", pc.utf8_slice_codeunits(text.take(at), 0, -3), slipped)
        )
        text = _apply(text, self._of_flags("postcode_lower_case", rows), pc.utf8_lower)
        text = _apply(text, self._of_flags("postcode_unspaced", rows), _unspaced)
        text = _apply(text, self._of_flags("postcode_misspaced", rows), _misspaced)
        return null_where(text, self._of_flags("address_missing", rows))


def _apply(text: Text, where: Flags, change: Any) -> Text:
    """Change the texts at the flags."""
    rows = np.flatnonzero(where)
    return replaced(text, rows, change(text.take(rows))) if len(rows) else text


def _halved(surnames: Text) -> Text:
    """Only the second half of a double-barrelled surname; others as they are."""
    return pc.replace_substring_regex(surnames, "^[^- ]+[- ](.+)$", r"\1")


def _spaced(surnames: Text) -> Text:
    return pc.replace_substring(surnames, "-", " ")


def _padded(names: Text) -> Text:
    """Put a stray space before or after, by the number of letters."""
    even = pc.equal(pc.bit_wise_and(pc.utf8_length(names), 1), 0)
    return pc.if_else(even, joined("", " ", names), joined("", names, "  "))


def _unspaced(postcodes: Text) -> Text:
    return pc.replace_substring(postcodes, " ", "")


def _misspaced(postcodes: Text) -> Text:
    return joined("", pc.replace_substring(postcodes, " ", "  "), " ")


_ABBREVIATIONS = (
    (" Road", " Rd"),
    (" Street", " St"),
    (" Avenue", " Ave"),
    (" Close", " Cl"),
    (" Lane", " Ln"),
    (" Drive", " Dr"),
    ("Flat ", "Flt "),
)


def _abbreviated(lines: Text) -> Text:
    for long, short in _ABBREVIATIONS:
        lines = pc.replace_substring(lines, long, short)
    return lines


def _two_lines(line: Text, street: Text) -> Text:
    return joined("\n", line, street)


def _quoted(line: Text, street: Text) -> Text:
    return joined("", '"', line, '", ', street)


def identifier(
    rng: np.random.Generator, text: Text, held: float | Flags, quality: str, *, spaced: str = ""
) -> Text:
    """National identifiers as a system holds them.

    Args:
        rng: Generator of the extract.
        text: The true identifiers; empty where the person has none.
        held: Share, or flags, of rows that hold it.
        quality: Key of `QUALITY`.
        spaced: ``nhs`` or ``nino`` to write a part in groups, as on letters and cards.
    """
    n = len(text)
    keeps = rng.random(n) < held if isinstance(held, float) else held
    slips = Slips.drawn(rng, n)
    wrong = np.flatnonzero(rng.random(n) < RATES["identifier_mistyped"] * QUALITY[quality])
    grouped = rng.random(n) < 0.15
    text = replaced(text, wrong, mistyped(text.take(wrong), slips.at(wrong), substitute_only=True))
    if spaced:
        pattern, groups = {
            "nhs": (r"^(\d{3})(\d{3})(\d{4})$", r"\1 \2 \3"),
            "nino": (r"^(..)(..)(..)(..)(.)$", r"\1 \2 \3 \4 \5"),
        }[spaced]
        text = _apply(text, grouped, lambda part: pc.replace_substring_regex(part, pattern, groups))
    return null_where(text, ~keeps | ~filled(text))


class Ethnicity:
    """Ethnicity as each kind of agency records it, with the bias that the world states."""

    def __init__(self, world: World) -> None:
        """Read the probabilities of recording and of being right."""
        bias = world.recording_bias
        contexts = categories("recording_bias", "context")
        self._recorded = np.ones((len(contexts), len(ETHNICITIES)))
        self._correct = np.ones_like(self._recorded)
        at = (codes(bias["context"]), codes(bias["ethnicity"]))
        self._recorded[at] = bias["p_recorded"].to_numpy()
        self._correct[at] = bias["p_correct"].to_numpy()
        self._contexts = {name: position for position, name in enumerate(contexts)}

    def seen(self, rng: np.random.Generator, truth: Ints, context: str | Rows) -> Rows:
        """Position in `ETHNICITIES` as recorded, -1 where nothing is."""
        n = len(truth)
        where = self._contexts[context] if isinstance(context, str) else context
        recorded = rng.random(n) < self._recorded[where, truth]
        right = rng.random(n) < self._correct[where, truth]
        other = rng.integers(0, len(ETHNICITIES), n)
        return np.where(recorded, np.where(right, truth, other), NOBODY)

    def context(self, name: str) -> int:
        """Position of a context."""
        return self._contexts[name]


REFUGE = ADDRESS_KINDS.index("refuge")

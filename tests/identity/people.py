"""Made-up person records for tests of linkage: some persons, several records each, with slips."""

from __future__ import annotations

import datetime
import random

import pyarrow as pa

_NAME_PARTS = "ba bel cor da den fi gal hol in jo kel lu mar ned or pen ros sil tam ul vin wen zan"

COLUMNS = pa.schema(
    [
        ("person_record_key", pa.string()),
        ("source_person_key", pa.string()),
        ("forename", pa.string()),
        ("surname", pa.string()),
        ("former_surname", pa.string()),
        ("birth_date", pa.date32()),
        ("sex", pa.string()),
        ("postcode", pa.string()),
        ("uprn", pa.string()),
        ("nhs_number", pa.string()),
        ("upn", pa.string()),
        ("first_recorded_date", pa.date32()),
        ("adoption_date", pa.date32()),
    ]
)


def table(*records: dict[str, object]) -> pa.Table:
    """A table of records; dates as text, whatever is left out null, keys numbered by default."""
    rows = []
    for number, record in enumerate(records):
        row: dict[str, object] = {"person_record_key": f"r{number}", **record}
        row.setdefault("source_person_key", row["person_record_key"])
        for field in COLUMNS:
            value = row.get(field.name)
            if field.type == pa.date32() and isinstance(value, str):
                row[field.name] = datetime.date.fromisoformat(value)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def _name(chance: random.Random, n_syllables: int) -> str:
    return "".join(chance.choice(_NAME_PARTS.split()) for _ in range(n_syllables)).capitalize()


def _slip(chance: random.Random, text: str) -> str:
    place = chance.randrange(1, len(text))
    return text[:place] + chance.choice("aeioutrn") + text[place + 1 :]


def nhs_number(number: int) -> str:
    """A valid NHS number of the 999 test range, by a running number."""
    while True:
        digits = f"999{number % 1_000_000:06d}"
        check = (11 - sum(int(d) * (10 - i) for i, d in enumerate(digits)) % 11) % 11
        if check < 10:
            return digits + str(check)
        number += 500_000


def _postcode(home: int) -> str:
    return f"ZA{home % 16 + 1} {home % 10}{chr(65 + home % 26)}{chr(65 + home % 7)}"


def city(n_persons: int, seed: int) -> tuple[pa.Table, dict[str, int]]:
    """Records of a made-up population, and the true person of each source person."""
    chance = random.Random(seed)  # noqa: S311 - no secret is made
    forenames = [_name(chance, 2) for _ in range(150)]
    surnames = [_name(chance, 3) for _ in range(800)]
    records: list[dict[str, object]] = []
    truth: dict[str, int] = {}
    for person in range(n_persons):
        forename, surname = chance.choice(forenames), chance.choice(surnames)
        born = datetime.date(1940, 1, 1) + datetime.timedelta(days=chance.randrange(29_000))
        home = chance.randrange(n_persons)
        for system in range(chance.randrange(1, 6)):
            if chance.random() < 0.15:
                home = chance.randrange(n_persons)
            key = f"s{system}-{person}"
            truth[key] = person
            record: dict[str, object] = {
                "source_person_key": key,
                "person_record_key": key,
                "forename": forename if chance.random() > 0.05 else _slip(chance, forename),
                "surname": surname if chance.random() > 0.05 else _slip(chance, surname),
                "birth_date": born if chance.random() > 0.04 else born.replace(day=1, month=1),
                "sex": "male" if person % 2 else "female",
                "postcode": _postcode(home),
                "uprn": str(home),
            }
            if system < 2:
                record["nhs_number"] = nhs_number(person)
            records.append(record)
    return table(*records), truth

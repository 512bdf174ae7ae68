"""The features of persons on any day are what the rows as delivered say, worked out slowly."""

from __future__ import annotations

import math
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import pytest
from conftest import ROOT, BuiltCity, City
from feature_reference import Feature, FeatureReference

from think_family.indicators.document import (
    feature_names,
    network_feature_names,
    read_catalogue,
)

SEED = 11
N_ADDED = 1000
N_COMPARED = 200
FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2025, 8, 31)
TOLERANCE = 1e-9
# So many features must say something of the persons compared, or the comparison says little.
N_FEATURES_THAT_SPEAK = 60
# Of three harms, with and without family and label proxies; a place where others' incidents gather
# is rare in a small city.
N_OF_NETWORK = {"n_near_": 12, "hops_near_": 12, "place_risk_": 1}

DATED = "intermediate.int_features__person_dates_listed"
DESCRIBED = "intermediate.int_features__persons_described"

Pair = tuple[str, date]
Features = dict[str, Feature]


@dataclass(frozen=True)
class DescribedCity:
    """The built city with more persons and days to describe, and how it stood before."""

    before: City
    city: City
    # Out of its text, for pytest shows what a failed test was given.
    added: list[Pair] = field(repr=False)


@dataclass(frozen=True)
class Compared:
    """What the features say of the persons and days that are compared."""

    described: dict[Pair, Features] = field(repr=False)


@pytest.fixture(scope="module")
def described_city(built_city: BuiltCity) -> DescribedCity:
    whole = built_city.city
    folder = whole.folder.with_name("test-city-features")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole.folder / "warehouse", folder / "warehouse")
    city = City(folder, whole.truth)
    added = pairs_to_add(city)
    with duckdb.connect(str(city.build_file)) as connection:
        persons, days = [list(column) for column in zip(*added, strict=True)]
        connection.execute(
            f"insert into {DATED} (person_id, as_of_date) select unnest(?), unnest(?)",
            [persons, days],
        )
    city.dbt(
        "run", "-s", "int_features__person_dates_listed+,+int_features__persons_described",
        "--exclude", "int_features__person_dates_listed",
    )  # fmt: skip
    return DescribedCity(whole, city, added)


def pairs_to_add(city: City) -> list[Pair]:
    """Persons and days drawn by chance, of which nothing is said yet."""
    chance = random.Random(SEED)  # noqa: S311 - no secret is made
    persons = [person for (person,) in city.query("select person_id from marts.dim_person")]
    persons.sort()
    taken: set[Pair] = {(person, day) for person, day in city.query(f"from {DATED}")}
    added: list[Pair] = []
    while len(added) < N_ADDED:
        n_days = chance.randint(0, (LAST_DAY - FIRST_DAY).days)
        pair = chance.choice(persons), FIRST_DAY + timedelta(days=n_days)
        if pair not in taken:
            taken.add(pair)
            added.append(pair)
    return added


@pytest.fixture(scope="module")
def compared(described_city: DescribedCity) -> Compared:
    """Some of the added persons and days, half of them with something to say."""
    described = features_described(described_city.city)
    chance = random.Random(SEED)  # noqa: S311 - no secret is made
    drawn = set(chance.sample(described_city.added, N_COMPARED // 2))
    speaking = [
        pair
        for pair in described_city.added
        if pair not in drawn
        and any(says_something(feature, value) for feature, value in described[pair].items())
    ]
    drawn.update(chance.sample(speaking, N_COMPARED - len(drawn)))
    return Compared({pair: described[pair] for pair in sorted(drawn)})


def features_described(city: City) -> dict[Pair, Features]:
    """Every row of the features by its person and day."""
    with duckdb.connect(str(city.build_file), read_only=True) as connection:
        rows = connection.execute(f"from {DESCRIBED}")
        names = [column[0] for column in rows.description]
        values = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return {(row.pop("person_id"), row.pop("as_of_date")): row for row in values}


def says_something(feature: str, value: Feature) -> bool:
    """Whether a feature tells of an event, of the person or of a relative."""
    tells_of_everybody = feature.startswith(("is_held_", "age_in_", "n_relatives"))
    return not tells_of_everybody and bool(value)


def test_rows_that_stood_before_stand_unchanged(described_city: DescribedCity) -> None:
    with duckdb.connect(str(described_city.city.build_file), read_only=True) as connection:
        connection.execute(f"attach '{described_city.before.build_file}' as before (read_only)")
        old = f"from {DESCRIBED} as now semi join before.{DATED} using (person_id, as_of_date)"
        differing = [
            connection.execute(f"select count(*) from ({one} except all {other})").fetchone()
            for one, other in (
                (f"(from before.{DESCRIBED})", f"({old})"),
                (f"({old})", f"(from before.{DESCRIBED})"),
            )
        ]
    assert differing == [(0,), (0,)]


def test_the_variable_list_names_the_features_that_there_are(described_city: DescribedCity) -> None:
    catalogue = read_catalogue(ROOT / "seeds")
    listed = [*feature_names(catalogue), *network_feature_names(catalogue)]
    catalogued = described_city.city.query(
        "select feature from intermediate.int_features__features_catalogued"
    )
    assert sorted(listed) == sorted(feature for (feature,) in catalogued)


def test_exactly_the_added_persons_and_days_are_added(described_city: DescribedCity) -> None:
    keys = f"select person_id, as_of_date from {DESCRIBED}"
    before = Counter(described_city.before.query(keys))
    now = Counter(described_city.city.query(keys))
    assert before.total() > N_ADDED
    # Counted, so that a failure names no person.
    assert (now - before).total() == N_ADDED
    assert (now - before - Counter(described_city.added)).total() == 0
    assert (before - now).total() == 0


def test_every_feature_is_what_the_rows_as_delivered_say(
    described_city: DescribedCity, compared: Compared
) -> None:
    reference = FeatureReference(described_city.city.build_file, ROOT / "seeds")
    assert len(compared.described) == N_COMPARED
    assert differences(reference, compared) == {}


def differences(reference: FeatureReference, compared: Compared) -> dict[str, int]:
    """The features that differ from the reference, and of how many persons and days."""
    n_differing: Counter[str] = Counter()
    for (person_id, day), features in compared.described.items():
        expected = reference.features(person_id, day)
        n_differing.update(expected.keys() ^ features.keys())
        n_differing.update(
            feature
            for feature in expected.keys() & features.keys()
            if not same(expected[feature], features[feature])
        )
    return dict(sorted(n_differing.items()))


def same(expected: Feature, value: Feature) -> bool:
    """Whether two values of a feature are the same; null is the same as null only."""
    if expected is None or value is None:
        return expected is value
    return math.isclose(expected, value, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def test_the_persons_compared_have_something_to_compare(compared: Compared) -> None:
    speaking = {
        feature
        for features in compared.described.values()
        for feature, value in features.items()
        if says_something(feature, value)
    }
    assert len(speaking) >= N_FEATURES_THAT_SPEAK
    for start, n_features in N_OF_NETWORK.items():
        assert sum(feature.startswith(start) for feature in speaking) >= n_features, start

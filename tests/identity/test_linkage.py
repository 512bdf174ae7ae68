"""Which records are found to be one person's, with the parameters that the project ships."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from people import city, nhs_number, table

from think_family.errors import ThinkFamilyError
from think_family.identity.linkage import score_pairs
from think_family.identity.model import load_parameters
from think_family.identity.persons import cluster_persons

PersonsOf = Callable[..., list[str]]

ANNA: dict[str, object] = {
    "forename": "Annabel",
    "surname": "Wentar",
    "birth_date": "2010-03-04",
    "sex": "female",
    "postcode": "ZA1 1AA",
    "uprn": "u1",
}


@pytest.fixture(scope="module")
def population() -> tuple[pa.Table, dict[str, int]]:
    """Others who live in the city: a table of two records has no common and no rare names."""
    return city(250, seed=5)


@pytest.fixture(scope="module")
def persons_of(population: tuple[pa.Table, dict[str, int]]) -> PersonsOf:
    """The clusters of some records among the population, in the order of the records."""

    def found(*records: dict[str, object]) -> list[str]:
        own = table(*records)
        everyone = pa.concat_tables([own, population[0]])
        clusters = cluster_persons(everyone, score_pairs(everyone, load_parameters()))
        by_key = dict(
            zip(
                clusters["source_person_key"].to_pylist(),
                clusters["cluster_key"].to_pylist(),
                strict=True,
            )
        )
        return [by_key[key] for key in own["source_person_key"].to_pylist()]

    return found


def test_slips_of_name_and_birth_date_are_seen_through(persons_of: PersonsOf) -> None:
    a, b, c, d = persons_of(
        ANNA,
        {**ANNA, "forename": "Anabel"},
        {**ANNA, "forename": "WENTAR", "surname": "annabel "},
        {**ANNA, "birth_date": "2010-04-03", "uprn": None},
    )
    assert a == b == c == d


def test_a_short_form_and_a_new_address_are_seen_through(persons_of: PersonsOf) -> None:
    a, b = persons_of(ANNA, {**ANNA, "forename": "Anny", "uprn": "u2", "postcode": "ZA9 9ZZ"})
    assert a == b


def test_another_surname_is_seen_through_with_an_identifier_or_as_former(
    persons_of: PersonsOf,
) -> None:
    number = nhs_number(77)
    a, b = persons_of(
        {**ANNA, "nhs_number": number},
        {**ANNA, "surname": "Torrin", "uprn": "u2", "postcode": "ZA9 9ZZ", "nhs_number": number},
    )
    assert a == b
    a, b = persons_of(ANNA, {**ANNA, "surname": "Torrin", "former_surname": "Wentar"})
    assert a == b


def test_twins_are_two_also_by_way_of_a_record_without_forename(
    persons_of: PersonsOf,
) -> None:
    a, b, _ = persons_of(ANNA, {**ANNA, "forename": "Joseph"}, {**ANNA, "forename": None})
    assert a != b


def test_a_twin_with_the_number_of_the_other_is_taken_for_the_other(persons_of: PersonsOf) -> None:
    number = nhs_number(78)
    a, b = persons_of(
        {**ANNA, "nhs_number": number}, {**ANNA, "forename": "Joseph", "nhs_number": number}
    )
    assert a == b


def test_two_valid_nhs_numbers_are_two_persons_an_invalid_one_is_nobodys(
    persons_of: PersonsOf,
) -> None:
    first, second = nhs_number(79), nhs_number(80)
    invalid = second[:-1] + str((int(second[-1]) + 1) % 10)
    a, b, c = persons_of(
        {**ANNA, "nhs_number": first},
        {**ANNA, "nhs_number": second},
        {**ANNA, "nhs_number": invalid},
    )
    assert a != b
    assert c in {a, b}


def test_records_of_one_source_person_are_never_parted(persons_of: PersonsOf) -> None:
    same = {"source_person_key": "mine"}
    a, b = persons_of(
        {**ANNA, **same},
        {**same, "forename": "Zan", "surname": "Ulros"},
    )
    assert a == b


def test_the_lives_before_and_after_an_adoption_order_are_not_joined(persons_of: PersonsOf) -> None:
    before = {**ANNA, "first_recorded_date": "2015-01-01"}
    care = {**before, "adoption_date": "2020-05-01"}
    after = {**ANNA, "surname": "Torrin", "first_recorded_date": "2020-06-01"}
    school, closed, family, pupil = persons_of(before, care, after, {**after, "forename": "Anabel"})
    assert school == closed
    assert family == pupil
    assert closed != family


def test_a_late_record_that_the_order_closed_is_of_the_earlier_life(persons_of: PersonsOf) -> None:
    care = {**ANNA, "first_recorded_date": "2015-01-01", "adoption_date": "2020-05-01"}
    second, after = {**care, "first_recorded_date": "2021-03-01"}, {
        **ANNA, "surname": "Torrin", "first_recorded_date": "2020-06-01",
    }  # fmt: skip
    closed, late, family = persons_of(care, second, after)
    assert closed == late
    assert closed != family


def test_most_of_a_population_is_put_together_rightly(
    population: tuple[pa.Table, dict[str, int]],
) -> None:
    records, truth = population
    clusters = cluster_persons(records, score_pairs(records, load_parameters())).to_pylist()
    found = {row["source_person_key"]: row["cluster_key"] for row in clusters}
    right = wrong = missed = 0
    keys = sorted(truth)
    for place, a in enumerate(keys):
        for b in keys[place + 1 :]:
            together, same = found[a] == found[b], truth[a] == truth[b]
            right += together and same
            wrong += together and not same
            missed += same and not together
    assert 2 * right / (2 * right + wrong + missed) > 0.97


def test_the_order_of_records_changes_nothing(
    population: tuple[pa.Table, dict[str, int]],
) -> None:
    records = population[0].slice(0, 400)
    backwards = records.take(pa.array(range(records.num_rows - 1, -1, -1)))
    parameters = load_parameters()
    pairs = score_pairs(records, parameters)
    assert pairs.equals(score_pairs(backwards, parameters))
    clusters = cluster_persons(records, pairs)
    assert clusters.equals(
        cluster_persons(backwards, pairs.take(pa.array(range(pairs.num_rows - 1, -1, -1))))
    )


def test_pairs_tell_weights_and_parameters_and_no_values() -> None:
    pairs = score_pairs(table(ANNA, ANNA), load_parameters())
    assert pairs.column_names == [
        "source_person_key_l",
        "source_person_key_r",
        "match_weight",
        "is_apart",
        "parameters_version",
    ]
    assert pairs["parameters_version"].to_pylist() == [load_parameters().version]


def test_a_common_placeholder_does_not_blow_up_the_work() -> None:
    records = table(*({**ANNA, "forename": f"Na{n}", "surname": "Unknown"} for n in range(1500)))
    # 1500 records with one birth date, surname and postcode are left out as a block.
    assert score_pairs(records, load_parameters()).num_rows < 1500 * 20


def test_no_records_give_no_pairs_and_no_clusters() -> None:
    records = table().slice(0, 0)
    pairs = score_pairs(records, load_parameters())
    assert pairs.num_rows == 0
    assert cluster_persons(records, pairs).num_rows == 0


def test_records_without_a_key_or_with_one_key_twice_are_refused() -> None:
    parameters = load_parameters()
    with pytest.raises(ThinkFamilyError, match=r"the\.csv: person_record_key repeats in 1 of 2"):
        score_pairs(
            table(ANNA, ANNA).set_column(0, "person_record_key", pa.array(["r", "r"])),
            parameters,
            name="the.csv",
        )
    with pytest.raises(ThinkFamilyError, match="1 of 2 records have no person_record_key"):
        score_pairs(
            table(ANNA, ANNA).set_column(0, "person_record_key", pa.array(["r", None])), parameters
        )
    with pytest.raises(ThinkFamilyError, match="the column surname is missing"):
        score_pairs(table(ANNA).drop_columns(["surname"]), parameters)

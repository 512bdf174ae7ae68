"""Scores of the first run come out the same after later deliveries; what differs has a reason."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pytest
from conftest import BuiltCity, City

# Of everybody else, so many are drawn, the highest of each model and whoever their ids put first.
N_HIGHEST, N_FIRST, N_MERGED = 3, 20, 3
# Of some persons linkage has learnt since who they are, or who is near them.
LEAST_EQUAL = 0.9
OF_IDENTITY = re.compile(r"since \(fct_identity_change\)|found to be|known otherwise|changed ids")

FIRST_RUN = "select invocation_id from run_ledger.runs_started order by started_at limit 1"


@dataclass(frozen=True)
class Told:
    """What the command said, by person and model: the verdict and the lines below it."""

    returncode: int
    verdicts: dict[tuple[str, str], str]
    lines: dict[tuple[str, str], list[str]]
    said: str


def replay(city: City, run: str, persons: list[str], *options: str) -> Told:
    named = [word for person in persons for word in ("--person", person)]
    done = city.attempt("think_family", "replay", "--run", run, *named, *options)
    verdicts: dict[tuple[str, str], str] = {}
    lines: dict[tuple[str, str], list[str]] = {}
    person, key = "", ("", "")
    for line in done.stdout.splitlines():
        if found := re.fullmatch(r"Person (\S+)", line):
            person = found[1]
        elif found := re.fullmatch(r"  (\w+): (equal|different|not computed) .*", line):
            key = person, found[1]
            verdicts[key], lines[key] = found[2], []
        elif line.startswith("    "):
            lines[key].append(line.strip())
    return Told(done.returncode, verdicts, lines, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def merged(built_city: BuiltCity) -> list[str]:
    """Persons who were scored in the first run, and whose records passed to another id since."""
    return [
        person
        for (person,) in built_city.city.query(
            "select distinct from_person_id from marts.fct_identity_change"
            f" where from_person_id in (select person_id from run_ledger.scores_kept"
            f" where invocation_id = ({FIRST_RUN})) order by 1"
        )
    ]


@pytest.fixture(scope="module")
def others(built_city: BuiltCity, merged: list[str]) -> list[str]:
    """Of each model, the highest and some whom chance puts first: an id is a hash."""
    rows = built_city.city.query(
        f"""
        select distinct person_id
        from (
            select
                person_id,
                row_number() over (partition by model order by score desc, person_id)
                    as nth_highest,
                row_number() over (order by person_id) as nth
            from run_ledger.scores_kept
            where invocation_id = ({FIRST_RUN})
        )
        where nth_highest <= {N_HIGHEST} or nth <= {N_FIRST}
        order by 1
        """
    )
    return [person for (person,) in rows if person not in merged]


@pytest.fixture(scope="module")
def replayed(built_city: BuiltCity, merged: list[str], others: list[str]) -> Told:
    """The first run replayed, its features built in one copy."""
    return replay(built_city.city, "1", [*others, *merged[:N_MERGED]])


def test_scores_of_the_first_run_come_out_the_same(replayed: Told, others: list[str]) -> None:
    verdicts = {key: told for key, told in replayed.verdicts.items() if key[0] in others}
    assert {person for person, _ in verdicts} == set(others), replayed.said
    assert len({model for _, model in verdicts}) >= 6
    n_equal = sum(told == "equal" for told in verdicts.values())
    assert n_equal >= LEAST_EQUAL * len(verdicts), replayed.said
    for key, told in verdicts.items():
        if told != "equal":
            lines = replayed.lines[key]
            assert any(OF_IDENTITY.search(line) for line in lines), lines


def test_who_became_another_since_is_told(replayed: Told, merged: list[str]) -> None:
    assert merged, "the later deliveries correct who is who"
    for person in merged[:N_MERGED]:
        told = {key: lines for key, lines in replayed.lines.items() if key[0] == person}
        assert told
        for key, lines in told.items():
            if replayed.verdicts[key] != "equal":
                assert any("passed to another id" in line for line in lines), lines


def test_a_difference_ends_with_1_and_shows_no_value(replayed: Told) -> None:
    is_equal = set(replayed.verdicts.values()) == {"equal"}
    assert replayed.returncode == (0 if is_equal else 1)
    assert not re.search(r"\d+\.\d+ kept", replayed.said)


def test_the_warehouse_is_not_touched(built_city: BuiltCity, replayed: Told) -> None:
    city = built_city.city
    assert replayed.verdicts
    assert city.query("select count(*) from run_ledger.runs_started") == [(2,)]
    assert [file.name for file in city.build_file.parent.iterdir() if "copy-" in file.name] == []


@contextmanager
def changed(built_city: BuiltCity, sql: str) -> Iterator[City]:
    """The city with something changed in it."""
    city = City(built_city.city.folder.with_name("test-city-replay"), built_city.city.truth)
    shutil.rmtree(city.folder, ignore_errors=True)
    city.build_file.parent.mkdir(parents=True)
    shutil.copy(built_city.city.build_file, city.build_file)
    with duckdb.connect(str(city.build_file)) as connection:
        connection.execute(sql)
    yield city
    shutil.rmtree(city.folder)


def test_parameters_that_were_changed_are_told(built_city: BuiltCity) -> None:
    [(person, version)] = built_city.city.query(
        "select person_id, model_version from run_ledger.scores_kept"
        f" where model = 'cse_under_18' and invocation_id <> ({FIRST_RUN})"
        " order by score desc, person_id limit 1"
    )
    # The second run is of the day of the data, of which everybody is described.
    whole = replay(built_city.city, "2", [person])
    assert set(whole.verdicts.values()) == {"equal"}
    assert whole.returncode == 0
    with changed(
        built_city,
        "update run_ledger.parameters_kept"
        " set content = replace(content, '\"base\": -', '\"base\": -1')"
        f" where version = '{version}'",
    ) as city:
        told = replay(city, "2", [person], "--model", "cse_under_18")
    assert told.returncode == 1
    assert told.verdicts == {(person, "cse_under_18"): "not computed"}
    assert f"the parameters {version} are no longer what they were" in told.said


def test_a_score_that_was_changed_is_told(built_city: BuiltCity) -> None:
    [(person,)] = built_city.city.query(
        "select person_id from run_ledger.scores_kept where model = 'cse_under_18'"
        f" and invocation_id <> ({FIRST_RUN}) order by score desc, person_id limit 1"
    )
    with changed(
        built_city, f"update run_ledger.scores_kept set log_odds = 9 where person_id = '{person}'"
    ) as city:
        told = replay(city, "2", [person], "--model", "cse_under_18")
    assert told.returncode == 1
    assert "its bins do not add up to it" in told.said


def test_two_builds_tell_the_history_of_scores(built_city: BuiltCity) -> None:
    rows = built_city.city.query(
        "select run_number, count(*), count(earlier_score), count(is_emerging),"
        " count(*) filter (where is_emerging), count(*) filter (where not is_earlier_comparable)"
        " from marts.fct_score_history group by run_number order by run_number"
    )
    [(first, n_first, *nothing), (second, n_second, n_earlier, n_told, n_emerging, n_other)] = rows
    assert (first, second) == (1, 2)
    assert nothing == [0, 0, 0, 0]
    assert min(n_first, n_second) >= n_earlier == n_told > 0
    assert 0 <= n_emerging < n_told
    assert n_other == 0
    verdicts = dict(
        built_city.city.query(
            "select run_number, count(*) filter (where psi is not null)"
            " from marts.fct_model_drift group by run_number"
        )
    )
    assert verdicts[1] == 0
    assert verdicts[2] > 100

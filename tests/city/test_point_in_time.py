"""Features tell a day by what was known on it: nothing that was recorded later changes them."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, BuiltCity, City

from think_family.contract import Extract, read_contract

# Two days before the first delivery, and one between two deliveries.
TRUNCATED_AFTER = ("2021-12-31", "2023-06-30", "2025-08-15")
# What is recorded in 2023 is recorded in the middle of 2024 instead.
BEFORE_BOTH, BETWEEN, RECORDED_LATER, AFTER_BOTH = (
    "2022-12-31", "2023-12-31", "2024-06-30", "2024-12-31",
)  # fmt: skip
MOVED = {
    "a missing report": "police_missing/reports",
    "a child protection plan": "bristol_social_care/cp_plans",
    "a half-term of attendance": "bristol_education/attendance",
    "an occurrence role": "police_records/occurrence_roles",
}
# Of some persons linkage has learnt since then who they are, or who is in their family. Measured:
# 1.6 and 0.9 in a hundred persons as of the first two days, 0.3 as of 15 July 2025.
MOST_EXCEPTIONS = 0.03
FEWEST_COMPARED = 4000
# What others near carry is another where one of them is.
OF_ASSOCIATES = ("n_near_", "risk_near_", "hops_near_", "proximity_")
N_OF_ASSOCIATES = 48
FEWEST_COMPARED_NEAR = 3000
OF_PLACES = ("n_places_", "place_risk_")
N_OF_PLACES = 12
FEWEST_TIES = {"family": 1000, "household": 1000, "opposite_sides": 50, "shared_incidents": 5}

# People near four persons of whom a row is moved, of some five thousand.
MOST_CHANGED = 150

STRPTIME = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "dmon": "%d-%b-%Y"}


# ---- Builds -----------------------------------------------------------------------------------


def dbt(city: City, *command: str) -> None:
    """A dbt command with features as of every day that is looked at.

    Every build asks for the same days, in the same place, so that dbt reads the project once.
    """
    days = [*TRUNCATED_AFTER, BEFORE_BOTH, BETWEEN, AFTER_BOTH]
    city.run(
        "dbt.cli.main", *command, "--vars", f"{{truth_path: '{city.truth}', feature_dates: {days}}}"
    )


def put_aside(city: City, name: str) -> Path:
    """Make room for the next build; where this one stands from now on."""
    return city.build_file.rename(city.folder / f"{name}.duckdb")


@pytest.fixture(scope="module")
def place(built_city: BuiltCity) -> City:
    folder = built_city.city.folder.with_name("test-city-point-in-time")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "warehouse").mkdir(parents=True)
    return City(folder, built_city.city.truth)


@pytest.fixture(scope="module")
def whole(built_city: BuiltCity, place: City) -> Path:
    """The city as it is known now, with features as of the earlier days."""
    shutil.copy(built_city.city.build_file, place.build_file)
    dbt(
        place, "run", "--select",
        "int_features__as_of_dates_listed+,+int_features__persons_described",
        "int_features__features_catalogued",
    )  # fmt: skip
    return put_aside(place, "whole")


# ---- What was not recorded is taken away --------------------------------------------------------


def deliver_what_was_recorded(whole: Path, day: str, extracts: Path) -> None:
    """Deliver what the agencies had recorded by a day, and nothing else.

    Deliveries up to the day are as they came, for they hold nothing recorded later. A row that was
    recorded by then and first delivered later is known from its recording all the same: it comes in
    one more delivery, as it first came. It is dated the day after, so that what is known only from
    its delivery is not known on the day; but never before the first delivery, as of which its rows
    tell. Dated so, no delivery is short or late, and the gates open as they are.
    """
    with duckdb.connect(str(whole), read_only=True) as connection:
        for extract in read_contract(ROOT / "models" / "staging").extracts:
            deliver_extract(connection, extract, datetime.date.fromisoformat(day), extracts)


def deliver_extract(
    connection: duckdb.DuckDBPyConnection, extract: Extract, day: datetime.date, extracts: Path
) -> None:
    [recorded] = [c for c in extract.columns if c.name == extract.recorded_column]
    assert recorded.format is not None
    deliveries = [
        date
        for (date,) in connection.execute(
            "select extract_date from raw.load_files where system = ? and extract = ?"
            " order by extract_date",
            [extract.system, extract.name],
        ).fetchall()
    ]
    delivered = [date for date in deliveries if date <= day]
    connection.execute(
        f"""
        create or replace temporary table delivered_rows as
        select
            *,
            min(_extract_date) over (partition by _source_row_key) as _first_delivered_date,
            -- Nothing is recorded later than it is delivered, whatever the row says.
            least(
                cast(strptime({recorded.name}, '{STRPTIME[recorded.format]}') as date),
                _extract_date
            ) as _recorded_date
        from raw.{extract.table}
        """
    )
    undelivered = (
        f"_first_delivered_date > date '{day}' and _recorded_date <= date '{day}'"
        " and _extract_date = _first_delivered_date"
    )
    files = {date: f"_extract_date = date '{date}'" for date in delivered}
    [(n_undelivered,)] = connection.execute(
        f"select count(*) from delivered_rows where {undelivered}"
    ).fetchall()
    if n_undelivered or not delivered:
        date = max(deliveries[0], day + datetime.timedelta(days=1))
        # A full delivery that lacked the rows of the one before would say that they are gone.
        says_all = extract.delivery == "full" and delivered
        files[date] = f"{undelivered} or {files[delivered[-1]]}" if says_all else undelivered
    folder = extracts / extract.system / extract.name
    folder.mkdir(parents=True)
    columns = ", ".join(column.name for column in extract.columns)
    for date, is_in_file in files.items():
        connection.execute(
            f"copy (select {columns} from delivered_rows where {is_in_file}"
            f" order by _extract_date, _row_number) to '{folder / f'{date}.csv'}' (header)"
        )


@dataclass(frozen=True)
class Compared:
    """The city as it is known now (`whole`) beside what was recorded by a day (`truncated`).

    Of each there are, as of the day: `<city>_persons`, `<city>_relatives` and `<city>_ties` (in
    which a person is the smallest key of the source persons recorded by then, for ids differ from
    build to build), `<city>_attached` and `<city>_features`. `exceptions` holds persons whose
    features may differ, with the reason; `near_exceptions` these and whoever is so near one of
    them that what they carry counts; `placed_exceptions` these and whoever was at a place with one
    of them.
    """

    day: str
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        [(number,)] = self.connection.execute(sql).fetchall()
        return int(number)

    def only_in_one(self, columns: str, table: str) -> str:
        """SQL for the rows of a table that only one of the two cities has."""
        return " union all ".join(
            f"(select {columns} from {one}_{table} except select {columns} from {other}_{table})"
            for one, other in (("whole", "truncated"), ("truncated", "whole"))
        )


def compare(whole: Path, truncated: Path, day: str) -> Compared:
    connection = duckdb.connect()
    compared = Compared(day, connection)
    for city, file in (("whole", whole), ("truncated", truncated)):
        connection.execute(f"attach '{file}' as {city} (read_only)")
        connection.execute(
            f"""
            create table {city}_persons as
            select
                person_id,
                min(source_person_key) as person,
                list(source_person_key order by source_person_key) as source_persons
            from {city}.intermediate.int_identity__source_persons_identified
            where first_recorded_date <= date '{day}'
            group by person_id;

            create table {city}_relatives as
            with members as (
                select person_id, family_id
                from {city}.intermediate.int_identity__family_members_identified
                where from_date <= date '{day}' and (to_date is null or to_date > date '{day}')
            )
            select persons.person, coalesce(relatives.person, 'not recorded by then') as relative
            from members
            inner join members as others
                on members.family_id = others.family_id and members.person_id <> others.person_id
            inner join {city}_persons as persons on members.person_id = persons.person_id
            left join {city}_persons as relatives on others.person_id = relatives.person_id;

            create table {city}_ties as
            select distinct
                least(one.person, other.person) as person_l,
                greatest(one.person, other.person) as person_r,
                ties.tie
            from {city}.intermediate.int_network__ties_gathered as ties
            left join {city}_persons as one on ties.person_id_l = one.person_id
            left join {city}_persons as other on ties.person_id_r = other.person_id
            where ties.linked_on <= date '{day}'
                and (ties.ended_on is null or ties.ended_on > date '{day}');

            create table {city}_placed as
            select distinct incidents.uprn, persons.person
            from {city}.intermediate.int_network__incidents_placed as incidents
            inner join {city}.intermediate.int_network__parts_dated as parts
                on incidents.as_of_date = parts.as_of_date
                and incidents.incident_id = parts.incident_id
            left join {city}_persons as persons on parts.person_id = persons.person_id
            where incidents.as_of_date = date '{day}';

            create table {city}_attached as
            select attached.source_row_key, persons.person
            from (
                select attached.source_row_key, attached.person_id
                from {city}.intermediate.int_identity__homelessness_attached as attached
                inner join {city}.staging.stg_bristol_housing__homelessness as staged
                    on attached.source_row_key = staged.source_row_key
                where staged.known_from_date <= date '{day}'
                union
                select attached.source_row_key, attached.person_id
                from {city}.intermediate.int_identity__youth_justice_attached as attached
                inner join {city}.staging.stg_bristol_youth_justice__interventions as staged
                    on attached.source_row_key = staged.source_row_key
                where staged.known_from_date <= date '{day}'
            ) as attached
            left join {city}_persons as persons on attached.person_id = persons.person_id;

            create table {city}_features as
            select persons.person, features.* exclude (person_id)
            from {city}.intermediate.int_features__persons_described as features
            left join {city}_persons as persons on features.person_id = persons.person_id
            where features.as_of_date = date '{day}';
            """
        )
    connection.execute(
        f"""
        create table other_identity as
        select distinct person from ({compared.only_in_one("person, source_persons", "persons")});

        create table other_family as
        select person from ({compared.only_in_one("person, relative", "relatives")})
        union
        select person from (from whole_relatives union from truncated_relatives)
        where relative in (from other_identity);

        create table other_attachment as
        with attached_otherwise as (
            select person from ({compared.only_in_one("source_row_key, person", "attached")})
            where person is not null
        )
        from attached_otherwise
        union
        select person from whole_relatives where relative in (from attached_otherwise);

        create table exceptions as
        select
            person,
            case
                when person in (from other_identity) then 'identity'
                when person in (from other_family) then 'family'
                when person in (from other_attachment) then 'attachment'
            end as reason
        from (select person from whole_persons union select person from truncated_persons)
        where reason is not null;

        create table near_exceptions as
        with recursive ties as (
            select person_l, person_r from (from whole_ties union from truncated_ties)
            union
            select person_r, person_l from (from whole_ties union from truncated_ties)
        ),
        reached as (
            select person, 0 as hops from exceptions
            union
            select ties.person_r, reached.hops + 1
            from reached inner join ties on reached.person = ties.person_l
            where reached.hops < 3
        )
        select distinct person from reached;

        create table placed_exceptions as
        with placed as (from whole_placed union from truncated_placed)
        from exceptions select person
        union
        select person from placed
        where uprn in (
            select uprn from placed
            where person is null or person in (select person from exceptions)
        ) and person is not null;
        """
    )
    return compared


@pytest.fixture(scope="module", params=TRUNCATED_AFTER)
def compared(place: City, whole: Path, request: pytest.FixtureRequest) -> Iterator[Compared]:
    """The whole city beside one built from nothing but what was recorded by the day.

    Without tests, which have had their say on the whole city; what stands below a gate is refused
    where its suites shut it, with or without.
    """
    shutil.rmtree(place.extracts, ignore_errors=True)
    deliver_what_was_recorded(whole, request.param, place.extracts)
    place.load()
    dbt(
        place, "build", "--select", "+int_features__persons_described",
        "--exclude-resource-types", "test", "unit_test",
    )  # fmt: skip
    compared = compare(whole, put_aside(place, request.param), request.param)
    yield compared
    compared.connection.close()


def test_whom_the_city_knew_then_is_known_as_of_then(compared: Compared) -> None:
    source_persons = "unnest(source_persons) as source_person"
    assert compared.rows(compared.only_in_one(source_persons, "persons")) == []
    for city in ("whole", "truncated"):
        n_persons = compared.number(f"select count(*) from {city}_persons")
        n_rows = compared.number(f"select count(*) from {city}_features")
        n_described = compared.number(f"select count(distinct person) from {city}_features")
        assert n_persons == n_rows == n_described, city


def test_a_family_is_another_only_where_linkage_knows_better_who_is_in_it(
    compared: Compared,
) -> None:
    """Where every one of them is who they were then, they belong together as they did then."""
    persons = compared.rows(
        f"""
        select distinct person from ({compared.only_in_one("person, relative", "relatives")})
        where person not in (from other_identity)
            and person not in (
                select person from (from whole_relatives union from truncated_relatives)
                where relative in (from other_identity)
            )
        """
    )
    assert persons == []


def test_ties_are_those_of_a_city_that_knew_no_more(compared: Compared) -> None:
    ties = compared.rows(
        f"""
        select distinct tie from ({compared.only_in_one("person_l, person_r, tie", "ties")})
        where person_l not in (select person from exceptions)
            and person_r not in (select person from exceptions)
        """
    )
    assert ties == []
    for tie, fewest in FEWEST_TIES.items():
        assert compared.number(f"select count(*) from whole_ties where tie = '{tie}'") >= fewest


def test_features_are_those_of_a_city_that_knew_no_more(compared: Compared) -> None:
    reasons = dict(compared.rows("select reason, count(*) from exceptions group by reason"))
    n_persons = compared.number("select count(*) from truncated_persons")
    n_exceptions = compared.number("select count(*) from exceptions")
    assert n_exceptions < MOST_EXCEPTIONS * n_persons, reasons

    columns = [name for (name, *_) in compared.rows("describe whole_features")]
    of_associates = {column for column in columns if column.startswith(OF_ASSOCIATES)}
    assert len(of_associates) == N_OF_ASSOCIATES
    of_places = {column for column in columns if column.startswith(OF_PLACES)}
    assert len(of_places) == N_OF_PLACES
    own = [column for column in columns if column not in of_associates | of_places]
    assert differing(compared, own, "exceptions", FEWEST_COMPARED) == {}
    assert differing(compared, of_associates, "near_exceptions", FEWEST_COMPARED_NEAR) == {}
    assert differing(compared, of_places, "placed_exceptions", FEWEST_COMPARED) == {}


def differing(
    compared: Compared, columns: Iterable[str], exceptions: str, fewest: int
) -> dict[str, int]:
    """The columns that differ, and of how many persons; there must be enough to compare."""
    compared.connection.execute(
        f"""
        create or replace temporary table pairs as
        select whole_features, truncated_features
        from (from whole_features where person not in (select person from {exceptions}))
            as whole_features
        full join
            (from truncated_features where person not in (select person from {exceptions}))
                as truncated_features
            on whole_features.person = truncated_features.person
        """
    )
    assert compared.number("select count(*) from pairs") >= fewest
    counts = ", ".join(
        f"count(*) filter (where whole_features.{c} is distinct from truncated_features.{c})"
        for c in columns
    )
    [n_differing] = compared.rows(f"select {counts} from pairs")
    return {c: n for c, n in zip(columns, n_differing, strict=True) if n}


# ---- A row is recorded later ------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """The city before and after rows were recorded later, and whose rows they are."""

    #: Kind of row to the person of whom it tells, and this person's relatives on the day between.
    families: dict[str, tuple[str, frozenset[str]]]
    #: Who is so near one of these persons on the day between that what these carry counts, or was
    #: at a place where they were.
    near: frozenset[str]
    #: Day to the persons whose features are others than before, whatever their columns.
    changed: dict[str, frozenset[str]]


def first_row(connection: duckdb.DuckDBPyConnection, extract: str) -> tuple[str, str]:
    """The first row of an extract to be moved, and its person.

    It was recorded in 2023, as soon as that year's event, of which no other row tells; and the
    person lived with a family.
    """
    system, _, name = extract.partition("/")
    [(row, person)] = connection.execute(
        f"""
        with facts as (
            select *, count(*) over (partition by person_id, indicator_code, event_key) as n_facts
            from before.intermediate.int_indicators__facts_coded
        )
        select source_row_key, person_id
        from facts
        where source_system = ? and source_extract = ?
            and recorded_date between date '{BEFORE_BOTH}' + 1 and date '{BETWEEN}'
            and from_date between date '{BEFORE_BOTH}' + 1 and date '{BETWEEN}'
            and n_facts = 1
            and person_id in (
                select person_id from before.intermediate.int_features__persons_described
                where as_of_date = date '{BETWEEN}' and n_relatives > 0
            )
        order by source_row_key
        limit 1
        """,
        [system, name],
    ).fetchall()
    return row, person


@pytest.fixture(scope="module")
def moved(place: City, whole: Path) -> Moved:
    shutil.copy(whole, place.build_file)
    families: dict[str, tuple[str, frozenset[str]]] = {}
    with duckdb.connect(str(place.build_file)) as connection:
        connection.execute(f"attach '{whole}' as before (read_only)")
        for kind, extract in MOVED.items():
            row, person = first_row(connection, extract)
            connection.execute(
                f"update staging.stg_{extract.replace('/', '__')}"
                f" set recorded_date = date '{RECORDED_LATER}',"
                f" known_from_date = date '{RECORDED_LATER}'"
                " where source_row_key = ? and version_number = 1",
                [row],
            )
            relatives = connection.execute(
                f"""
                with members as (
                    from before.intermediate.int_identity__family_members_identified
                    where from_date <= date '{BETWEEN}'
                        and (to_date is null or to_date > date '{BETWEEN}')
                )
                select person_id from members
                where family_id in (select family_id from members where person_id = $person)
                    and person_id <> $person
                """,
                {"person": person},
            ).fetchall()
            families[kind] = person, frozenset(relative for (relative,) in relatives)
    dbt(
        place, "run", "--select",
        "path:models/intermediate/network", "path:python_models/network",
        "path:models/intermediate/indicators",
        "path:models/intermediate/features", "path:python_models/features",
    )  # fmt: skip
    changed: dict[str, frozenset[str]] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{whole}' as before (read_only)")
        connection.execute(f"attach '{put_aside(place, 'moved')}' as moved (read_only)")
        for day in (BEFORE_BOTH, BETWEEN, AFTER_BOTH):
            before, after = (
                f"from {city}.intermediate.int_features__persons_described"
                f" where as_of_date = date '{day}'"
                for city in ("before", "moved")
            )
            persons = connection.execute(
                f"select person_id from (({before} except {after}) union ({after} except {before}))"
            ).fetchall()
            changed[day] = frozenset(person for (person,) in persons)
        near = connection.execute(
            f"""
            with recursive recorded as (
                from before.intermediate.int_network__ties_gathered
                union all by name
                from moved.intermediate.int_network__ties_gathered
            ),
            ties as (
                select person_id_l, person_id_r from recorded
                where linked_on <= date '{BETWEEN}'
                    and (ended_on is null or ended_on > date '{BETWEEN}')
            ),
            reached as (
                select unnest(?) as person_id, 0 as hops
                union
                select
                    if(person_id_l = reached.person_id, person_id_r, person_id_l),
                    reached.hops + 1
                from reached
                inner join ties on reached.person_id in (person_id_l, person_id_r)
                where reached.hops < 3
            )
            select distinct person_id from reached
            """,
            [[person for person, _ in families.values()]],
        ).fetchall()
        near += connection.execute(
            f"""
            with placed as (
                select incidents.uprn, parts.person_id
                from (
                    from before.intermediate.int_network__incidents_placed
                    union all by name
                    from moved.intermediate.int_network__incidents_placed
                ) as incidents
                inner join (
                    from before.intermediate.int_network__parts_dated
                    union all by name
                    from moved.intermediate.int_network__parts_dated
                ) as parts
                    on incidents.as_of_date = parts.as_of_date
                    and incidents.incident_id = parts.incident_id
                where incidents.as_of_date = date '{BETWEEN}'
            )
            select distinct person_id from placed
            where uprn in (select uprn from placed where person_id in (select unnest(?)))
            """,
            [[person for person, _ in families.values()]],
        ).fetchall()
    return Moved(families, frozenset(person for (person,) in near), changed)


@pytest.mark.parametrize("kind", MOVED)
def test_before_it_is_recorded_it_is_told_of_neither_person_nor_relatives(
    moved: Moved, kind: str
) -> None:
    person, relatives = moved.families[kind]
    assert relatives
    assert relatives | {person} <= moved.changed[BETWEEN]


def test_of_nobody_else_anything_changes(moved: Moved) -> None:
    families = [relatives | {person} for person, relatives in moved.families.values()]
    assert moved.changed[BETWEEN] <= frozenset().union(*families) | moved.near
    n_persons = len({person for family in families for person in family} | moved.near)
    assert n_persons < MOST_CHANGED


@pytest.mark.parametrize("day", [BEFORE_BOTH, AFTER_BOTH])
def test_where_it_is_known_in_both_or_in_neither_nothing_changes(moved: Moved, day: str) -> None:
    assert moved.changed[day] == set()

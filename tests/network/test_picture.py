"""One person's network as a picture and a table; tiny networks, told tie by tie."""

from __future__ import annotations

import csv
import random
import re
from contextlib import closing
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from click.testing import CliRunner, Result

from think_family.cli import main
from think_family.errors import ThinkFamilyError
from think_family.network.picture import (
    Network,
    Tie,
    draw_network,
    gather_network,
    in_words,
    network_of,
    tell_network,
)
from think_family.postgres.settings import Settings
from think_family.publication.duckdb_warehouse import DuckDBWarehouse
from think_family.publication.postgres_warehouse import PostgresWarehouse
from think_family.publication.warehouse import Warehouse

SVG = "{http://www.w3.org/2000/svg}"
DAY = date(2023, 12, 31)


def incidents(one: str, other: str, n: int = 3, strength: float = 2.0, **known: object) -> Tie:
    facts: dict[str, object] = {
        "is_family": False,
        "linked_on": date(2023, 1, 1),
        "n_harmed_together": 0,
        "first_event_date": date(2022, 5, 1),
        "last_event_date": date(2025, 3, 4),
    }
    return Tie(
        one,
        other,
        "shared_incidents",
        "inferred",
        n_events=n,
        strength=strength,
        **facts | known,  # type: ignore[arg-type]
    )


def recorded(one: str, other: str, tie: str = "family", **known: object) -> Tie:
    facts: dict[str, object] = {"is_family": tie == "family", "linked_on": date(2020, 1, 1)}
    return Tie(one, other, tie, "recorded", **facts | known)  # type: ignore[arg-type]


# ego - ann (strong), ego - bob (family and home), ann - cid, cid - dan
TIES = [
    incidents("ann", "ego", strength=3.0),
    recorded("bob", "ego"),
    recorded("bob", "ego", "household"),
    incidents("ann", "cid"),
    recorded("cid", "dan", "opposite_sides", n_events=1),
]


def parsed(network: Network) -> ElementTree.Element:
    return ElementTree.fromstring(draw_network(network))  # noqa: S314 - our own text


def lines(network: Network, style: str) -> list[ElementTree.Element]:
    drawn = parsed(network).findall(f"{SVG}polyline")
    return [line for line in drawn if line.get("class") == f"line {style}"]


def test_people_stand_on_the_ring_of_their_hops_and_no_further_than_asked() -> None:
    found = network_of("ego", TIES)
    assert found.hops == {"ego": 0, "ann": 1, "bob": 1, "cid": 2}
    assert {person: place.hops for person, place in found.places.items()} == found.hops
    assert found.numbers["ego"] == 1
    assert network_of("ego", TIES, hops=1).hops.keys() == {"ego", "ann", "bob"}
    assert network_of("ego", TIES, hops=3).hops["dan"] == 3


def test_numbers_run_clockwise_on_each_ring() -> None:
    ties = [incidents("ego", f"p{n}", strength=n) for n in range(1, 8)]
    ties += [incidents(f"p{n}", f"q{n}") for n in range(1, 8)]
    found = network_of("ego", ties)
    for ring in (1, 2):
        angles = [place.angle for place in found.places.values() if place.hops == ring]
        assert angles == sorted(angles)
    # Whom a tie leads to stands straight outwards of whom it comes from.
    for n in range(1, 8):
        assert found.places[f"p{n}"].angle == pytest.approx(found.places[f"q{n}"].angle)


def test_who_have_ties_to_each_other_stand_beside_each_other() -> None:
    ties = [incidents("ego", f"p{n}") for n in range(8)] + [recorded("p0", "p5")]
    numbers = network_of("ego", ties).numbers
    assert abs(numbers["p0"] - numbers["p5"]) == 1


def test_the_order_and_the_side_of_rows_do_not_show() -> None:
    chance = random.Random(1)  # noqa: S311
    people = [f"p{n}" for n in range(20)]
    ties = [incidents("ego", person, strength=chance.random()) for person in people[:6]]
    ties += [incidents(*chance.sample(people, 2), strength=chance.random()) for _ in range(40)]
    unique = {(*sorted((tie.person_id, tie.associate_id)),): tie for tie in ties}
    rows = list(unique.values())
    expected = network_of("ego", rows)
    for _ in range(5):
        chance.shuffle(rows)
        turned = [
            Tie(**{**vars(tie), "person_id": tie.associate_id, "associate_id": tie.person_id})
            for tie in rows
        ]
        for others in (turned, rows + turned):
            found = network_of("ego", others)
            assert draw_network(found) == draw_network(expected)
            assert tell_network(found).equals(tell_network(expected))


def test_the_nearest_and_then_the_most_strongly_tied_are_drawn() -> None:
    ties = [incidents("ego", "weak", strength=0.5), incidents("ego", "strong", strength=9.0)]
    ties += [incidents("strong", "far", strength=99.0), incidents("weak", "far", strength=9.0)]
    found = network_of("ego", ties, most_people=2)
    assert list(found.places) == ["ego", "strong"]
    assert list(found.hops) == ["ego", "strong", "weak", "far"]
    assert network_of("ego", ties, most_people=3).places.keys() == {"ego", "strong", "weak"}
    assert "2 more people within these are not drawn" in draw_network(found)
    then = draw_network(network_of("ego", ties, as_of=DAY, most_people=2))
    assert "not drawn: the nearest are" in then
    assert "not drawn" not in draw_network(network_of("ego", ties))
    # The table has all of them; who is not drawn has no number.
    assert tell_network(found).select(["number_1", "number_2", "person_id_2"]).to_pylist() == [
        {"number_1": 1, "number_2": 2, "person_id_2": "strong"},
        {"number_1": 1, "number_2": None, "person_id_2": "weak"},
        {"number_1": 2, "number_2": None, "person_id_2": "far"},
        {"number_1": None, "number_2": None, "person_id_2": "far"},
    ]


def test_lines_tell_the_sort_of_tie_and_its_strength() -> None:
    found = network_of("ego", TIES, hops=3)
    first, second = lines(found, "incidents")[:2]
    assert float(first.get("stroke-width", 0)) > float(second.get("stroke-width", 0))
    # Each style stands in the legend too; one family and one home are one line.
    assert len(lines(found, "incidents")) == 2 + 2
    assert len(lines(found, "home")) == 1 + 1
    assert len(lines(found, "sides")) == 1 + 1
    style = parsed(found).findtext(f"{SVG}style") or ""
    for name, dashed in (("incidents", False), ("home", True), ("sides", True)):
        (rule, *_) = re.findall(rf"\.{name} {{([^}}]*)}}", style)
        assert ("stroke-dasharray" in rule) is dashed


def test_everybody_looks_the_same_whatever_happened() -> None:
    ties = [
        incidents("ego", "harmed", n=3, n_harmed_together=3),
        incidents("ego", "other", n=9, strength=9.0),
        recorded("ego", "kin"),
        recorded("ego", "opposed", "opposite_sides", n_events=4),
    ]
    root = parsed(network_of("ego", ties))
    people = [c for c in root.findall(f"{SVG}circle") if c.get("class") == "person"]
    on_rings = {tuple(c.get(name) for name in ("class", "r", "fill", "style")) for c in people[1:5]}
    assert on_rings == {("person", "13", None, None)}


def test_the_picture_holds_numbers_and_no_id() -> None:
    ids = {"ego": "e00f", "ann": "a11f", "bob": "b22f", "cid": "c33f", "dan": "d44f"}
    ties = [
        Tie(**{**vars(tie), "person_id": ids[tie.person_id], "associate_id": ids[tie.associate_id]})
        for tie in TIES
    ]
    svg = draw_network(network_of(ids["ego"], ties, hops=3))
    assert not any(person in svg for person in ids.values())
    numbers = [
        text.text
        for text in ElementTree.fromstring(svg).findall(f"{SVG}text")  # noqa: S314
        if text.get("class") == "number"
    ]
    assert numbers == ["1", "2", "3", "4", "5"]


def test_the_picture_says_what_it_is_and_what_a_line_means() -> None:
    root = parsed(network_of("ego", TIES))
    assert root.get("role") == "img"
    assert "As known" not in (root.findtext(f"{SVG}title") or "")
    assert "2 people 1 tie away; 1 person 2 ties away" in (root.findtext(f"{SVG}desc") or "")
    words = " ".join(text.text or "" for text in root.findall(f"{SVG}text"))
    for part in (
        "The network of person 1",
        "Several incidents brought the two together; the wider, the stronger",
        "Of one family or one home, now or before",
        "A crime names the two on opposite sides",
        "A line says that events or a home brought two people together."
        " It does not say why, nor what either did.",
    ):
        assert part in words
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_an_earlier_picture_tells_nothing_that_was_learnt_later() -> None:
    ties = [*TIES, recorded("ego", "eve", "household", ended_on=date(2024, 6, 1))]
    found = network_of("ego", ties, as_of=DAY)
    svg = draw_network(found)
    assert "As known on 31 December 2023" in svg
    assert "how many is not told of a past day" in svg
    assert {line.get("stroke-width") for line in lines(found, "incidents")} == {"2"}
    later = [*ties[1:], incidents("ann", "ego", n=30, strength=0.1, last_event_date=None)]
    assert draw_network(network_of("ego", later, as_of=DAY)) == svg
    for row in tell_network(found).to_pylist():
        assert row["linked_on"] is not None
        for name in ("ended_on", "n_events", "n_harmed_together", "first_event_date",
                     "last_event_date", "strength"):  # fmt: skip
            assert row[name] is None


@pytest.mark.parametrize(
    ("tie", "words"),
    [
        (
            incidents("a", "b", n_harmed_together=3),
            "3 incidents brought them together, the last on 4 March 2025; in all of them both were"
            " harmed or missing.",
        ),
        (
            incidents("a", "b", n=5, n_harmed_together=2),
            "5 incidents brought them together, the last on 4 March 2025; in 2 of them both were"
            " harmed or missing.",
        ),
        (incidents("a", "b"), "3 incidents brought them together, the last on 4 March 2025."),
        (incidents("a", "b", last_event_date=None), "3 incidents brought them together."),
        (
            incidents("a", "b", n=1, n_harmed_together=1),
            "1 incident brought them together, on 4 March 2025; in it both were harmed or missing.",
        ),
        (Tie("a", "b", "shared_incidents", "inferred"), "Incidents brought them together."),
        (recorded("a", "b"), "Of one family."),
        (recorded("a", "b", ended_on=DAY), "Of one family until 31 December 2023."),
        (recorded("a", "b", "household"), "Share a home."),
        (
            recorded("a", "b", "household", ended_on=DAY),
            "Shared a home until 31 December 2023.",
        ),
        (
            recorded("a", "b", "opposite_sides", n_events=1),
            "One crime names them on opposite sides.",
        ),
        (
            recorded("a", "b", "opposite_sides", n_events=2),
            "2 crimes name them on opposite sides.",
        ),
        (
            recorded("a", "b", "opposite_sides"),
            "At least one crime names them on opposite sides.",
        ),
    ],
)
def test_a_tie_is_told_in_plain_words(tie: Tie, words: str) -> None:
    assert in_words(tie) == words


def test_sixty_people_do_not_touch() -> None:
    ties = [incidents("ego", f"p{n}") for n in range(9)]
    ties += [incidents(f"p{n % 9}", f"q{n}") for n in range(50)]
    root = parsed(network_of("ego", ties))
    at = [
        (float(c.get("cx", 0)), float(c.get("cy", 0)))
        for c in root.findall(f"{SVG}circle")
        if c.get("class") == "person" and c.get("r") == "13"
    ]
    assert len(at) == 59
    nearest = min((x - x1) ** 2 + (y - y1) ** 2 for n, (x, y) in enumerate(at) for x1, y1 in at[:n])
    assert nearest > (2 * 13) ** 2


def test_a_home_shared_at_two_times_is_one_line_and_two_rows() -> None:
    ties = [
        recorded("ego", "bob", "household", linked_on=date(2022, 1, 1)),
        recorded("ego", "bob", "household", ended_on=date(2021, 1, 1)),
    ]
    found = network_of("ego", ties)
    assert len(lines(found, "home")) == 1 + 1
    assert tell_network(found)["in_words"].to_pylist() == [
        "Shared a home until 1 January 2021.",
        "Share a home.",
    ]
    assert draw_network(network_of("ego", ties[::-1])) == draw_network(found)


# What is published: as above, a home that ended, a tie that was put right, one that became known
# later, and a second city.
PUBLISHED = """
    create table fct_association as
    with told (
        person_id, associate_id, tie, evidence, is_family, linked_on, ended_on, n_events,
        n_harmed_together, first_event_date, last_event_date, strength
    ) as (
        values
        ('ego', 'ann', 'shared_incidents', 'inferred', false, date '2023-01-01', cast(null as date),
            3, 3, date '2022-05-01', date '2025-03-04', cast(2.5 as double precision)),
        ('ego', 'bob', 'family', 'recorded', true, date '2020-01-01', null, null, null, null, null,
            null),
        ('ego', 'eve', 'household', 'recorded', false, date '2020-01-01', date '2023-12-31', null,
            null, null, null, null),
        ('ego', 'eve', 'household', 'recorded', false, date '2025-01-01', null, null, null, null,
            null, null),
        ('eve', 'fay', 'family', 'recorded', true, date '2020-01-01', null, null, null, null, null,
            null),
        ('ann', 'cid', 'opposite_sides', 'recorded', false, date '2024-01-01', null, 1, 0,
            date '2023-11-01', date '2023-11-01', 1.0),
        ('cid', 'dan', 'family', 'recorded', true, date '2020-01-01', null, null, null, null, null,
            null),
        ('ego', 'gus', 'shared_incidents', 'inferred', false, date '2021-01-01', date '2022-01-01',
            3, 0, date '2020-05-01', date '2020-12-04', 3.0),
        ('far', 'away', 'family', 'recorded', true, date '2020-01-01', null, null, null, null, null,
            null)
    ),
    sides as (
        select * from told
        union all
        select
            associate_id, person_id, tie, evidence, is_family, linked_on, ended_on, n_events,
            n_harmed_together, first_event_date, last_event_date, strength
        from told
    )
    select
        person_id || associate_id || tie || linked_on as association_id,
        sides.*,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        'safeguarding' as permitted_purposes
    from sides
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A published file of DuckDB."""
    with duckdb.connect(str(tmp_path / "served.duckdb")) as connection:
        connection.execute(PUBLISHED)
    return tmp_path / "served.duckdb"


@pytest.fixture
def in_duckdb(file: Path) -> Warehouse:
    return DuckDBWarehouse(file.with_name("build.duckdb"), file)


@pytest.fixture
def in_postgres(own_database: Settings) -> Warehouse:
    with closing(own_database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("create schema published; set search_path = published")
        cursor.execute(PUBLISHED)
        connection.commit()
    return PostgresWarehouse(own_database)


@pytest.fixture(params=["in_duckdb", "in_postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    found: Warehouse = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("as_of", "hops", "people"),
    [
        (None, 1, {"ego", "ann", "bob", "eve"}),
        (None, 2, {"ego", "ann", "bob", "eve", "fay", "cid"}),
        (None, 3, {"ego", "ann", "bob", "eve", "fay", "cid", "dan"}),
        # The home had ended by that day; on the one before it lasted.
        (date(2023, 12, 31), 3, {"ego", "ann", "bob"}),
        (date(2023, 12, 30), 3, {"ego", "ann", "bob", "eve", "fay"}),
        (date(2024, 1, 1), 3, {"ego", "ann", "bob", "cid", "dan"}),
        # The home was shared again from 2025 on, and not between.
        (date(2025, 1, 1), 3, {"ego", "ann", "bob", "cid", "dan", "eve", "fay"}),
        (date(2022, 12, 31), 2, {"ego", "bob", "eve", "fay"}),
        # What was put right later was known so on the day before.
        (date(2021, 12, 31), 1, {"ego", "bob", "eve", "gus"}),
        (date(2022, 1, 1), 1, {"ego", "bob", "eve"}),
    ],
)
def test_what_was_known_on_a_day_is_read_and_no_more(
    warehouse: Warehouse, as_of: date | None, hops: int, people: set[str]
) -> None:
    found = gather_network(warehouse, "ego", as_of=as_of, hops=hops)
    assert found.hops.keys() == people
    (tie, *_) = [tie for tie in found.ties if {tie.person_id, tie.associate_id} == {"ego", "bob"}]
    assert tie.person_id == "ego"


def test_an_unknown_person_is_told_with_what_to_check(warehouse: Warehouse) -> None:
    with pytest.raises(ThinkFamilyError) as error:
        gather_network(warehouse, "nobody", as_of=DAY)
    assert "No tie of the person nobody is published as of 2023-12-31" in error.value.message
    assert "person_id of dim_person" in error.value.message
    with pytest.raises(ThinkFamilyError, match="is no person_id"):
        gather_network(warehouse, "x' or 'a' = 'a")


def run(file: Path, *arguments: str | Path) -> Result:
    folder = file.parent
    return CliRunner().invoke(
        main,
        [
            "network", "--published-file", str(file), "--person", "ego",
            "--out", str(folder / "n.svg"), "--table", str(folder / "n.csv"),
            *(str(argument) for argument in arguments),
        ],
    )  # fmt: skip


def test_the_command_writes_picture_and_table(file: Path) -> None:
    done = run(file, "--most-people", "5")
    assert done.exit_code == 0, done.output
    assert "5 people" in done.output
    assert "1 more within 2 hops are not drawn" in done.output
    ElementTree.parse(file.with_name("n.svg"))  # noqa: S314 - our own file
    with file.with_name("n.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == [
        "number_1", "number_2", "person_id_1", "person_id_2", "hops", "tie", "evidence",
        "is_family", "linked_on", "ended_on", "n_events", "n_harmed_together", "first_event_date",
        "last_event_date", "strength", "in_words",
    ]  # fmt: skip
    (ann,) = [row for row in rows if row["person_id_2"] == "ann"]
    assert ann["number_1"] == "1"
    assert ann["strength"] == "2.5"
    assert ann["in_words"] == (
        "3 incidents brought them together, the last on 4 March 2025; in all of them both were"
        " harmed or missing."
    )
    assert sorted(path.name for path in file.parent.iterdir()) == ["n.csv", "n.svg", file.name]


def test_the_command_gives_the_same_bytes_each_time(file: Path) -> None:
    contents = []
    for _ in range(2):
        assert run(file).exit_code == 0
        contents.append([file.with_name(name).read_bytes() for name in ("n.svg", "n.csv")])
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--person", "nobody"], "No tie of the person nobody is published"),
        (["--person", "a b"], "is no person_id"),
        (["--as-of", "31/12/2023"], "does not match the format"),
        (["--out", "picture.png"], "name a .svg file to write to"),
        (["--table", "table.parquet"], "name a .csv file to write to"),
        (["--published-file", "absent.duckdb"], "absent.duckdb does not exist: nothing has been"),
    ],
)
def test_a_failed_run_says_why_and_leaves_what_is_there(
    file: Path, arguments: list[str], message: str
) -> None:
    for name in ("n.svg", "n.csv"):
        file.with_name(name).write_text("as it was")
    done = run(file, *arguments)
    assert done.exit_code != 0
    assert message in " ".join(done.output.split())
    assert not any(person in done.output for person in ("ann", "bob", "cid"))
    for name in ("n.svg", "n.csv"):
        assert file.with_name(name).read_text() == "as it was"


def test_where_one_file_cannot_be_written_neither_is(file: Path) -> None:
    (file.parent / "no_folder").write_text("")
    file.with_name("n.svg").write_text("as it was")
    done = run(file, "--table", file.parent / "no_folder" / "n.csv")
    assert done.exit_code == 1
    assert "n.csv cannot be written" in " ".join(done.output.split())
    assert file.with_name("n.svg").read_text() == "as it was"
    assert {path.name for path in file.parent.iterdir()} == {"n.svg", "no_folder", file.name}


def test_what_holds_no_mart_of_ties_is_told_with_the_remedy(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "served.duckdb")):
        pass
    done = run(tmp_path / "served.duckdb")
    assert done.exit_code == 1
    assert "holds no ties of people: nothing has been published" in " ".join(done.output.split())
    assert "Run `make build`" in done.output

"""The subcommands `think-family link` and `think-family train-linkage`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pyarrow as pa

_RECORDS = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)

_MAP_HELP = "YAML or JSON file that says which column is which; see below."


def _say(message: str) -> None:
    click.echo(message, err=True)


def _read_records(records: Path, map_file: Path | None) -> pa.Table:
    import duckdb

    from think_family.errors import ThinkFamilyError
    from think_family.identity.records import (
        RECORD_COLUMNS,
        apply_column_map,
        read_record_map,
        unreadable_dates,
    )
    from think_family.tables import ColumnMap, relation_of_file

    with duckdb.connect(":memory:") as connection:
        relation = relation_of_file(connection, records)
        if map_file is None:
            known = [column for column in RECORD_COLUMNS if column in relation.columns]
            column_map = ColumnMap({column: column for column in known})
        else:
            column_map = read_record_map(map_file)
        unreadable = unreadable_dates(relation, column_map, records_name=str(records))
        for column, (n_filled, n_unreadable) in unreadable.items():
            if n_filled and n_unreadable == n_filled:
                raise ThinkFamilyError(
                    f"{records}: none of the {n_filled} values of {column_map.columns[column]} "
                    f"reads as a date. Give their form in the map, for instance "
                    'date_format: "%d/%m/%Y".'
                )
            if n_unreadable:
                _say(
                    f"{records}: {n_unreadable} of {n_filled} values of "
                    f"{column_map.columns[column]} do not read as a date and are left out."
                )
        return apply_column_map(relation, column_map, records_name=str(records)).to_arrow_table()


def _write(table: pa.Table, out: Path) -> None:
    from think_family.errors import ThinkFamilyError

    if out.suffix.lower() == ".parquet":
        from pyarrow import parquet

        write = parquet.write_table
    elif out.suffix.lower() == ".csv":
        from pyarrow import csv

        write = csv.write_csv
    else:
        raise ThinkFamilyError(f"{out}: name a .csv or .parquet file to write to.")
    out.parent.mkdir(parents=True, exist_ok=True)
    write(table, out)


@click.command()
@click.option("--records", type=_RECORDS, required=True, help="CSV or Parquet file of records.")
@click.option("--map", "map_file", type=_RECORDS, help=_MAP_HELP)
@click.option(
    "--out",
    type=_OUT,
    default=Path("clusters.csv"),
    show_default=True,
    help="File of clusters to write, .csv or .parquet.",
)
@click.option("--pairs", "pairs_out", type=_OUT, help="File of pairs with weights to write.")
@click.option(
    "--parameters",
    "parameters_file",
    type=_RECORDS,
    help="Parameter file of train-linkage. [default: the ones that come with the project]",
)
@click.option(
    "--threshold",
    type=float,
    help="Match weight (log2 odds) from which two records are one person. "
    "[default: as the parameters say]",
)
def link(
    records: Path,
    map_file: Path | None,
    out: Path,
    pairs_out: Path | None,
    parameters_file: Path | None,
    threshold: float | None,
) -> None:
    """Find which records of a table are one person's.

    The records may come from anywhere. A map says which column is which:

    \b
      # people.yml
      columns:
        person_record_key: id         # needed: unique per record
        forename: first_name          # needed
        surname: last_name            # needed
        birth_date: dob               # the rest tells more, as far as there is any
        sex: gender
        postcode: postcode
        uprn: uprn                    # or any other key of a dwelling
        nhs_number: nhs_no
        source_person_key: client_id  # equal values are one person for certain
      date_format: "%d/%m/%Y"         # if dates are not 2001-12-31

    \b
      think-family link --records people.csv --map people.yml

    Further columns: former_surname, upn, nino, police_national_id, first_recorded_date and
    adoption_date (nothing first recorded after it joins the record). Without a map, the columns
    must bear these names themselves.

    Writes one row per source_person_key (or record): its cluster_key, the size of the cluster and
    the strongest weight that holds it there. With --pairs, also every pair that may be one person,
    with its weight, and the pairs that are kept apart as twins.
    """  # noqa: D301 - click wants the character itself
    import dataclasses

    from think_family.identity.linkage import score_pairs
    from think_family.identity.model import load_parameters
    from think_family.identity.persons import cluster_persons

    parameters = load_parameters(parameters_file)
    if threshold is not None:
        parameters = dataclasses.replace(parameters, threshold=threshold)
    table = _read_records(records, map_file)
    _say(f"{table.num_rows:,} records; parameters {parameters.version}. Scoring pairs …")
    pairs = score_pairs(table, parameters, name=str(records))
    _say(f"{pairs.num_rows:,} pairs. Clustering …")
    clusters = cluster_persons(table, pairs, name=str(records))
    _write(clusters, out)
    n_clusters = len(clusters["cluster_key"].unique())
    _say(f"{out}: {clusters.num_rows:,} source persons in {n_clusters:,} clusters.")
    if pairs_out is not None:
        _write(pairs, pairs_out)
        _say(f"{pairs_out}: {pairs.num_rows:,} pairs.")


@click.command("train-linkage")
@click.option("--records", type=_RECORDS, help="CSV or Parquet file of records.")
@click.option("--map", "map_file", type=_RECORDS, help="As in `think-family link`.")
@click.option(
    "--database",
    type=_RECORDS,
    help="DuckDB file that dbt built; its standardised person records are taken.",
)
@click.option("--out", type=_OUT, required=True, help="Parameter file to write, .json.")
@click.option("--version", required=True, help="Name of the parameters, kept with every result.")
@click.option(
    "--threshold",
    type=float,
    default=4.0,
    show_default=True,
    help="Match weight (log2 odds) from which two records are one person.",
)
@click.option(
    "--max-pairs",
    type=click.IntRange(min=10_000),
    default=2_000_000,
    show_default=True,
    help="Most pairs that any single step looks at; bounds time and memory.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random pairs.")
def train_linkage(
    records: Path | None,
    map_file: Path | None,
    database: Path | None,
    out: Path,
    version: str,
    threshold: float,
    max_pairs: int,
    seed: int,
) -> None:
    """Make new parameters for linkage from records, without labels.

    How often values agree by chance (u) is taken from random pairs, how often within one person (m)
    by expectation maximisation on blocks of a bounded number of pairs. Give either a table of your
    own, or the warehouse:

    \b
      think-family train-linkage --records people.csv --map people.yml
          --version people_2025_1 --out people_2025_1.json
      think-family train-linkage --database warehouse/build.duckdb
          --version person_2025_2
          --out src/think_family/identity/parameters/person_2025_2.json

    Parameters are versioned and reviewed: a new file never replaces another. To put one to use in
    the warehouse, name it in DEFAULT_PARAMETERS of think_family/identity/model.py; to try it, give
    it to `think-family link --parameters`.
    """  # noqa: D301 - click wants the character itself
    from think_family.errors import ThinkFamilyError
    from think_family.identity.model import save_parameters
    from think_family.identity.training import train_parameters

    if (records is None) == (database is None):
        raise ThinkFamilyError("Give either --records or --database.")
    if out.exists():
        raise ThinkFamilyError(f"{out} is there already; parameters are never overwritten.")
    if records is not None:
        table, name = _read_records(records, map_file), str(records)
    elif database is not None:
        table, name = _records_of_warehouse(database), str(database)
    parameters = train_parameters(
        table,
        version=version,
        threshold=threshold,
        max_pairs=max_pairs,
        seed=seed,
        name=name,
        say=_say,
    )
    save_parameters(parameters, out)
    for level in parameters.training["levels_not_seen"]:
        _say(f"Never seen, and given half a pair: {level}")
    _say(f"{out}: parameters {version}.")


def _records_of_warehouse(database: Path) -> pa.Table:
    import duckdb

    from think_family.errors import ThinkFamilyError

    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.sql(
                "select * from intermediate.int_identity__person_records_standardised"
            ).to_arrow_table()
    except duckdb.CatalogException:
        raise ThinkFamilyError(
            f"{database}: no standardised person records in it. Build them first: "
            "dbt build -s +int_identity__person_records_standardised"
        ) from None
    except duckdb.IOException:
        raise ThinkFamilyError(
            f"{database}: cannot be opened; it is no DuckDB file, or a build is writing to it."
        ) from None

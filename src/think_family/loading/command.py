"""The subcommand `think-family load`."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family import options

if TYPE_CHECKING:
    from think_family.loading.engine import Engine


@click.command()
@click.option(
    "--extracts",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("extracts"),
    show_default=True,
    help="Folder of the deliveries.",
)
@options.target
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("warehouse/build.duckdb"),
    envvar="THINK_FAMILY_BUILD_FILE",
    show_default=True,
    show_envvar=True,
    help="With duckdb: the file that dbt builds in; made when absent.",
)
@click.option(
    "--contract",
    "contract_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("models/staging"),
    show_default=True,
    help="Folder of the sources' YAML, which is the input contract.",
)
@click.option(
    "--memory-limit",
    default="3GB",
    show_default=True,
    help="Memory that DuckDB, which reads the files, may use; beyond it, it spills to disk.",
)
def load(
    extracts: Path, target: str, database: Path, contract_folder: Path, memory_limit: str
) -> None:
    """Load the agencies' extracts into the raw tables of the warehouse.

    Deliveries stand in a folder per system and extract, named by the day of the extract:

    \b
      extracts/police_records/nominals/2025-06-30.csv
      extracts/police_records/nominals/2025-07-31.parquet

    What each must hold is told in docs/input-contract.md. New and changed files are loaded in order
    of their dates; a file that is loaded already changes nothing, so this can be run at any time.

    Every row of every file ends in its raw table, or in raw.load_rejects with file, line and
    reason. A file that cannot be read stops the load before anything is changed, with a message
    that names it and says what to do. Each file is one transaction: a load that is killed leaves
    what stood before, and the next one goes on from there.

    With --target postgres the raw tables stand in the Postgres that the environment names:
    THINK_FAMILY_PG_HOST, _PORT, _USER, _PASSWORD, _DATABASE and _SSLMODE. Without a host it is the
    embedded server, which is started.

    \b
    Then:  dbt build, with the same target
    Look:  select * from raw.load_files;  select reason, count(*) from raw.load_rejects group by 1
    """  # noqa: D301
    options.refuse_files_of_duckdb(target, "database")

    from tqdm import tqdm  # type: ignore[import-untyped]

    from think_family.contract import read_contract
    from think_family.loading.errors import LoadError
    from think_family.loading.load import Progress, load_extracts
    from think_family.loading.report import render_result
    from think_family.loading.warehouse import Warehouse

    if not extracts.is_dir():
        raise LoadError(
            f"There is no folder {extracts}. Put the agencies' deliveries there, or make a "
            "synthetic city with: think-family synth"
        )
    contract = read_contract(contract_folder)
    with ExitStack() as bars, _engine(target, database, memory_limit) as engine:

        def bar(title: str, n_bytes: int) -> Progress:
            # disable=None: on a terminal only; delay: only when it takes long enough to be missed.
            shown = tqdm(
                total=n_bytes, desc=title, unit="B", unit_scale=True, disable=None, delay=2
            )
            update: Progress = bars.enter_context(shown).update
            return update

        result = load_extracts(
            extracts,
            contract,
            Warehouse(engine),
            lambda n_bytes: bar("Checking", n_bytes),
            lambda n_bytes: bar("Loading", n_bytes),
        )
    click.echo(render_result(result))


def _engine(target: str, database: Path, memory_limit: str) -> AbstractContextManager[Engine]:
    if target == "postgres":
        from think_family.loading.postgres_engine import PostgresEngine
        from think_family.postgres.settings import Settings

        return PostgresEngine(Settings.from_environment().reachable(), memory_limit)
    from think_family.loading.duckdb_engine import DuckDBEngine

    return DuckDBEngine(database, memory_limit)

"""The subcommand `think-family train`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family import options

if TYPE_CHECKING:
    import duckdb

    from think_family.scoring.configuration import Configuration
    from think_family.scoring.training import Fitted, Recorded
    from think_family.scoring.trials import Evidence

_FOLDER = Path("risk_models")
_BUILD = "Run `dbt build` first; what stands before the scores is enough."


@click.command()
@options.target
@click.option(
    "--build-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="THINK_FAMILY_BUILD_FILE",
    default=Path("warehouse/build.duckdb"),
    show_default=True,
    show_envvar=True,
    help="With duckdb: the file that dbt builds in.",
)
@click.option(
    "--models",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=_FOLDER,
    show_default=True,
    help="Folder of the models' files; parameters stand in its folder parameters.",
)
@click.option("--model", "names", multiple=True, help="Only this model; may be given again.")
@click.option("--check", is_flag=True, help="Write nothing; say whether the files that stand equal"
              " what would be written.")  # fmt: skip
def train(target: str, build_file: Path, folder: Path, names: tuple[str, ...], check: bool) -> None:
    """Fit the risk models on a built warehouse, and write their files of parameters.

    `dbt build` learns nothing: it scores everybody by the files of parameters that stand in the
    project. This command makes them, from all that is recorded by the date of the data:

    \b
      think-family train                         # every model of risk_models/
      think-family train --model cse_under_18    # one of them
      think-family train --check                 # are the files that stand what it would write?
      think-family train --target postgres       # from a warehouse on Postgres

    Run it when a file of risk_models/ or the seed of the analysts' points was changed, when
    features have come or gone, or when it is time to learn from what has been recorded since; then
    build again, and commit the files with what made them differ. It reads what stands before the
    scores, so that a build that stopped because files were missing is enough.

    Penalties are those that foretold best on the days of trial (docs/scoring.md).

    Of each model that learns, <model>.json is the glass box, and <model>_index.json the scale of
    the index; the others have the second alone. They are text that can be read, and hold nobody's
    row. All are written, or none; the same data give the same bytes.

    With --check, a file that differs makes the command fail.
    """  # noqa: D301 - click wants the character itself
    options.refuse_files_of_duckdb(target, "build_file")
    from think_family.errors import ThinkFamilyError
    from think_family.files import replace_all
    from think_family.scoring.models import read_models
    from think_family.scoring.parameters import written
    from think_family.scoring.training import fit_models
    from think_family.scoring.trials import candidates_chosen

    models = _named(read_models(folder), names, folder)
    with _reading(target, build_file) as relation_of:
        recorded = _recorded(models, relation_of)
        evidence = _evidence(models, relation_of)
    _say(f"Recorded by {recorded.day}, {len(models)} model{'s' if len(models) > 1 else ''}:")
    candidates = candidates_chosen(models, evidence, recorded.day)
    fitted = fit_models(models, recorded, folder / "parameters", candidates=candidates, told=_tell)
    contents = {
        file: written(parameters).encode()
        for model in fitted
        for file, parameters in sorted(model.parameters.items())
    }
    differing = [
        file for file, content in contents.items()
        if not file.is_file() or file.read_bytes() != content
    ]  # fmt: skip
    if check and differing:
        raise ThinkFamilyError(
            f"{len(differing)} of {len(contents)} files are not what would be written:"
            f" {', '.join(str(file) for file in differing)}. Run `think-family train` to write them"
            " anew, or find out what has changed since: data, configuration, or libraries."
        )
    if not check:
        replace_all(contents)
    click.echo(
        f"{len(contents)} files {'equal' if check else 'written:'}"
        f" {'what would be written' if check else f'{len(differing)} of them differ from before'}."
    )


def _say(message: str) -> None:
    click.echo(message, err=True)


def _tell(fitted: Fitted) -> None:
    learned = (
        f", learned from {fitted.n_learned_from:,} rows, {fitted.n_labelled:,} of them labelled"
        if fitted.n_learned_from
        else ""
    )
    _say(f"  {fitted.model.name}: scale of {fitted.n_cohort:,} people{learned}")


def _named(
    models: Sequence[Configuration], names: Sequence[str], folder: Path
) -> list[Configuration]:
    from think_family.errors import ThinkFamilyError

    unknown = sorted(set(names) - {model.name for model in models})
    if unknown:
        raise ThinkFamilyError(
            f"{folder} holds no model called {', '.join(unknown)}. It holds"
            f" {', '.join(model.name for model in models)}."
        )
    return [model for model in models if not names or model.name in names]


@contextmanager
def _reading(
    target: str, build_file: Path
) -> Iterator[Callable[[str, str], duckdb.DuckDBPyRelation]]:
    """Give a function that reads what dbt has built, by schema and name."""
    import duckdb

    from think_family.errors import ThinkFamilyError

    if target == "postgres":
        from think_family.postgres.job import PythonJob
        from think_family.postgres.settings import Settings

        with PythonJob(Settings.from_environment().reachable()) as job:
            yield lambda schema, name: job.read(f'"{schema}"."{name}"')
        return
    if not build_file.is_file():
        raise ThinkFamilyError(f"{build_file} does not exist. {_BUILD}")
    try:
        connection = duckdb.connect(str(build_file), read_only=True)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if "Could not set lock" in str(error):
            raise ThinkFamilyError(
                f"{build_file} is being written by another process, such as a build. Wait for it."
            ) from None
        raise ThinkFamilyError(
            f"{build_file} cannot be opened: it is no DuckDB file of this version. {_BUILD}"
        ) from None
    with connection:

        def relation_of(schema: str, name: str) -> duckdb.DuckDBPyRelation:
            try:
                return connection.table(f"{schema}.{name}")
            except duckdb.CatalogException:
                raise ThinkFamilyError(f"{build_file} holds no {name}. {_BUILD}") from None

        yield relation_of


def _recorded(
    models: Sequence[Configuration],
    relation_of: Callable[[str, str], duckdb.DuckDBPyRelation],
) -> Recorded:
    import pyarrow.compute as pc

    from think_family.errors import ThinkFamilyError
    from think_family.scoring.training import Recorded, features_of

    def built(name: str) -> duckdb.DuckDBPyRelation:
        return relation_of("intermediate", name)

    labelled = built("int_scores__person_dates_labelled")
    eligible = built("int_scores__cohorts_gathered").to_arrow_table()
    day = pc.max(eligible["as_of_date"]).as_py()
    if day is None:
        raise ThinkFamilyError("The warehouse holds nobody whom a model scores: load extracts.")
    catalogues = {
        "features_catalogued": built("int_features__features_catalogued").to_arrow_table(),
        "indicators": relation_of("reference", "indicator_catalogue").to_arrow_table(),
    }
    described = built("int_features__persons_described")
    used = sorted({f.name for model in models for f in features_of(model, **catalogues)})
    lacking = sorted(set(used) - set(described.columns))
    if lacking:
        raise ThinkFamilyError(f"The warehouse lacks features: {', '.join(lacking)}. {_BUILD}")
    features = (
        described.set_alias("described")
        .join(
            labelled.set_alias("labelled"),
            "described.person_id = labelled.person_id"
            " and described.as_of_date = labelled.as_of_date",
            how="semi",
        )
        .project(", ".join(["person_id", "as_of_date", *used]))
    )
    return Recorded(
        day=day,
        labelled=labelled.to_arrow_table(),
        features=features.to_arrow_table(),
        eligible=eligible,
        windowed=built("int_features__indicators_windowed")
        .filter(f"as_of_date = date '{day}'")
        .project("person_id, as_of_date, indicator_code, weight")
        .to_arrow_table(),
        neared=built("int_scores__adults_neared").to_arrow_table(),
        **catalogues,
    )


def _evidence(
    models: Sequence[Configuration],
    relation_of: Callable[[str, str], duckdb.DuckDBPyRelation],
) -> Evidence:
    """Read what candidates are chosen by: the days of trial."""
    from think_family.scoring.configuration import LEARNED
    from think_family.scoring.evidence import evidence_gathered

    return evidence_gathered(
        [model for model in models if model.method == LEARNED],
        (),
        labelled=relation_of("intermediate", "int_scores__person_dates_labelled"),
        features=relation_of("intermediate", "int_features__persons_described"),
        windowed=relation_of("intermediate", "int_features__indicators_windowed"),
        programmes_dated=relation_of("intermediate", "int_identity__programmes_dated"),
        features_catalogued=relation_of("intermediate", "int_features__features_catalogued"),
        indicators=relation_of("reference", "indicator_catalogue"),
        sources=relation_of("reference", "indicator_source"),
        programmes=relation_of("intermediate", "int_indicators__programmes_harmonised"),
    )

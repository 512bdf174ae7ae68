"""The subcommand `think-family synth`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--population",
    type=click.IntRange(min=2_000),
    default=100_000,
    show_default=True,
    help="People who live in the city at some time in those years, both areas together.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Chance.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("extracts"),
    show_default=True,
    help="Folder of the extracts.",
)
@click.option(
    "--truth",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder of the planted truth.  [default: truth, beside the extracts]",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(min=0, min_open=True, max=100),
    default=1.0,
    show_default=True,
    help="How common exploitation is, as a multiple of what is natural. Above 1 it gives a small "
    "city enough cases to exercise the code; no accuracy measured there holds in life.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["mixed", "csv", "parquet"]),
    default="mixed",
    show_default=True,
    help="Kind of the files; mixed is CSV, and Parquet for two of the extracts.",
)
@click.option("--overwrite", is_flag=True, help="Replace extracts and truth that are there.")
def synth(
    population: int,
    seed: int,
    out: Path,
    truth: Path | None,
    prevalence: float,
    file_format: str,
    overwrite: bool,
) -> None:
    """Make a synthetic city and the extracts that its agencies would send.

    Families, homes, schools, friendships and harms are simulated from 2018-09-01 to 2025-08-31,
    and then recorded as police, councils, schools, DWP and health record them, dirt and all. Every
    person, name, street and place is invented. The same options give the same bytes.

    \b
      extracts/<system>/<extract>/2025-06-30.csv   the first delivery, everything so far
      extracts/<system>/<extract>/2025-07-31.csv   full again, or new and changed rows only
      truth/*.parquet                              who is who, and what truly happened

    The truth is for measuring, and is never loaded.

    \b
    Small and quick:  think-family synth --population 5000 --prevalence 20 --out /tmp/city
    Then:             think-family load --extracts /tmp/city
    """  # noqa: D301
    import time

    from tqdm import tqdm  # type: ignore[import-untyped]

    from think_family.synthesis.city import N_STEPS, write_city
    from think_family.synthesis.recording.layout import PROGRAMMES
    from think_family.synthesis.replacement import Target, replacement
    from think_family.synthesis.simulation import STEPS, simulate
    from think_family.synthesis.truth import FILES, NATURAL_PREVALENCE

    began = time.monotonic()
    truth = truth or out.parent / "truth"
    targets = [
        Target(out, "--out", lambda entry: entry.is_dir() and entry.name in PROGRAMMES),
        Target(truth, "--truth", lambda entry: entry.name in FILES),
    ]
    with (
        replacement(targets, overwrite=overwrite) as (extracts_folder, truth_folder),
        tqdm(total=len(STEPS) + N_STEPS, unit="step", disable=None) as bar,
    ):

        def step(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        world = simulate(population, seed, prevalence, step)
        written = write_city(
            world, extracts_folder, truth_folder, file_format=file_format, step=step
        )
    prevalence_told = (
        "natural prevalence"
        if prevalence == NATURAL_PREVALENCE
        else f"NOT natural prevalence: exploitation is {prevalence:g} times as common as in life"
    )
    click.echo(
        f"{population:,} people, seed {seed}; {prevalence_told}.\n"
        f"{out}: {len(written.rows)} extracts, {written.n_files} files, "
        f"{sum(written.rows.values()):,} rows, {written.n_bytes / 1e6:,.0f} MB.\n"
        f"{truth}: the planted truth. Made in {time.monotonic() - began:.0f} seconds."
    )

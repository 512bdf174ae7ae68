"""What a build made and where, in a few lines, read from what was published."""

from __future__ import annotations

from pathlib import Path

from think_family.errors import ThinkFamilyError
from think_family.publication.warehouse import AbsentError, Warehouse

_COUNTS = """
    select
        (select count(*) from dim_person) as persons,
        (select count(*) from dim_family where is_current) as families,
        count(*) as extracts,
        count(*) filter (where n_files > 0) as delivered,
        cast(coalesce(sum(n_files), 0) as bigint) as files,
        cast(coalesce(sum(n_rows_in_files), 0) as bigint) as in_files,
        cast(coalesce(sum(n_rows_loaded), 0) as bigint) as loaded,
        cast(coalesce(sum(n_rows_rejected), 0) as bigint) as rejected
    from fct_row_accounting
"""
_GATES = """
    select
        count(distinct gate),
        count(*) filter (where verdict = 'held'),
        count(*) filter (where verdict = 'warned')
    from fct_data_quality
    where run_number = (select max(run_number) from fct_data_quality)
"""
_LINKAGE = """
    select subject, pairwise_precision, pairwise_recall, pairwise_f1, is_natural_prevalence
    from (
        select
            *,
            row_number() over (partition by subject order by as_of_date desc nulls last) as place
        from fct_linkage_quality
        where slice = 'all' and subject in ('person', 'family') and pairwise_f1 is not null
    ) as measured
    where place = 1
    order by subject desc
"""


def summarise(warehouse: Warehouse, docs_page: Path) -> list[str]:
    """Lines that tell what was published, and where it and the docs page are.

    Linkage is told where planted truth was there to measure it. Raises ThinkFamilyError when
    nothing has been published, or something else than the marts of this project.
    """
    try:
        (counts,), ((gates, held, warned),), linkage = warehouse.published(
            "marts of this project", _COUNTS, _GATES, _LINKAGE
        )
    except AbsentError as error:
        raise ThinkFamilyError(
            f"{error.message}: nothing has been published. Run `make build`."
        ) from None
    persons, families, extracts, delivered, files, in_files, loaded, rejected = counts
    lines = [
        f"Warehouse  {warehouse.published_in}",
        f"Docs page  {docs_page}",
        f"Holds      {persons:,} persons and the {families:,} families of today",
        f"Extracts   {delivered:,} of {extracts:,} delivered, in {files:,} files",
        f"Rows       {in_files:,} in files = {loaded:,} loaded + {rejected:,} rejected",
        f"Gates      {gates} open: {held:,} rules hold, {warned:,} are broken and only warn;"
        f" {docs_page.parent / 'data_docs' / 'index.html'}",
    ]
    for subject, precision, recall, f1, is_natural in linkage:
        lines.append(
            f"Linkage    {subject}: F1 {f1:.4f} (precision {precision:.4f}, recall {recall:.4f})"
            " against the planted truth" + ("" if is_natural else ", not at natural prevalence")
        )
    return lines

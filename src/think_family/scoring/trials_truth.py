"""What a synthetic city's truth says of the days of trial: who could have been found at best.

The truth is read to measure, and never loaded. It holds the true risk as of its hold-out dates. On
a day of trial that is none of them, those who were truly being harmed and not yet served stand
first, the more visible before the less, for visible harm is referred sooner; the others follow by
their true risk on the last hold-out date before. A referral that waits is not told as of such a
day, so that this order is good and not quite the best.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

#: Target of a model -> harm, as the truth names it; of the other targets it says nothing.
HARMS: Mapping[str, str] = {"cse": "cse", "criminal_exploitation": "ce"}


@dataclass(frozen=True)
class City:
    """The city that the data is of.

    Attributes:
        population: How many people it has.
        is_natural_prevalence: Whether harms are as common as in life; those of a real city are.
        is_synthetic: Whether there is a truth.
    """

    population: int
    is_natural_prevalence: bool
    is_synthetic: bool


def read_city(truth: Path, n_residents: int) -> City:
    """Tell how large the city is, and whether harms are as common as in life.

    Args:
        truth: Folder of the truth files, which a real city has not.
        n_residents: People who live there as far as the warehouse knows, for such a one.
    """
    file = truth / "settings.json"
    if not file.is_file():
        return City(n_residents, is_natural_prevalence=True, is_synthetic=False)
    settings = json.loads(file.read_text("utf-8"))
    return City(
        int(settings["population"]), bool(settings["is_natural_prevalence"]), is_synthetic=True
    )


def true_order(truth: Path, persons: Any, source_rows: Any) -> pa.Table | None:
    """Put people of the days of trial in the order of what was truly so.

    Args:
        truth: Folder of the truth files.
        persons: Arrow table: person_id, as_of_date.
        source_rows: Arrow table: source_row_key, person_id.

    Returns:
        person_id, as_of_date, harm, value (from 0 to 1; the higher, the more likely an entry),
        is_risk (whether it is the true risk of that very day); None where there is no truth.
    """
    files = {name: truth / f"{name}.parquet" for name in ("person_records", "true_risk", "onsets")}
    if not all(file.is_file() for file in files.values()):
        return None
    with duckdb.connect(":memory:") as connection:
        connection.execute("set threads = 1")
        connection.register("persons", persons)
        connection.register("source_rows", source_rows)
        for name, file in files.items():
            connection.read_parquet(str(file)).create(name)
        return connection.sql(_ORDER_SQL).to_arrow_table()


# The true person of a found one is that of most of the found one's records.
_ORDER_SQL = """
    with true_persons as (
        select
            person_id,
            arg_max(true_person_id, (n_rows, -true_person_id)) as true_person_id
        from (
            select source_rows.person_id, person_records.true_person_id, count(*) as n_rows
            from source_rows
            inner join person_records using (source_row_key)
            group by all
        ) as counted
        group by all
    ),
    harms as (
        select distinct harm from true_risk
    ),
    days as (
        select persons.person_id, persons.as_of_date, true_persons.true_person_id, harms.harm
        from persons
        inner join true_persons using (person_id)
        cross join harms
    ),
    holdouts as (
        select as_of_date, max(holdout_date) as holdout_date
        from (select distinct as_of_date from persons) as of_days
        left join (select distinct holdout_date from true_risk) as dates
            on dates.holdout_date <= of_days.as_of_date
        group by all
    ),
    harmed as (
        select
            days.person_id,
            days.as_of_date,
            days.harm,
            max(case onsets.visibility when 'visible' then 3 when 'quiet' then 2 else 1 end)
                as nth_visible
        from days
        inner join onsets
            on
                days.true_person_id = onsets.true_person_id
                and days.harm = onsets.harm
                and onsets.onset <= days.as_of_date
                and (onsets.until is null or days.as_of_date < onsets.until)
                and (onsets.entry is null or days.as_of_date < onsets.entry)
        group by all
    )
    select
        days.person_id,
        days.as_of_date,
        days.harm,
        case
            when holdouts.holdout_date = days.as_of_date then coalesce(true_risk.risk, 0)
            when harmed.nth_visible is not null then harmed.nth_visible / 4.0 + 0.25
            when true_risk.state = 'not_harmed' then least(true_risk.risk, 1) / 4
            else 0
        end as value,
        coalesce(holdouts.holdout_date = days.as_of_date, false) as is_risk
    from days
    left join holdouts using (as_of_date)
    left join harmed using (person_id, as_of_date, harm)
    left join true_risk
        on
            days.true_person_id = true_risk.true_person_id
            and days.harm = true_risk.harm
            and holdouts.holdout_date = true_risk.holdout_date
    order by days.person_id, days.as_of_date, days.harm
"""

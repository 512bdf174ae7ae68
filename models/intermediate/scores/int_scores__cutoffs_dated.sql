{%- set cutoffs = var("score_cutoffs") -%}
with models as (
    select * from {{ ref("int_scores__models_configured") }}
    where method = 'learned'
),

outcomes as (
    select * from {{ ref("int_scores__outcomes_dated") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

data_dates as (
    select max(extract_date) as data_date
    from files
),

delays as (
    select
        target,
        case
            when known_from_date > outcome_date
                then {{ dbt.datediff("outcome_date", "known_from_date", "day") }}
            else 0
        end as n_days
    from outcomes
),

ranked as (
    select
        target,
        n_days,
        cume_dist() over (partition by target order by n_days) as share_as_soon
    from delays
),

-- Of nineteen outcomes in twenty it is known so many days later that they happened.
lags as (
    select
        target,
        min(n_days) as lag_days
    from ranked
    where share_as_soon >= 0.95
    group by target
),

-- All models are tried on the same days, so that what is said of one can be set beside another.
spans as (
    select
        max(models.horizon_days) as horizon_days,
        coalesce(max(lags.lag_days), 0) as lag_days
    from models
    left join lags on models.target = lags.target
),

numbered as (
    {%- for nth_latest in range(1, cutoffs + 2) %}
        select {{ nth_latest }} as nth_latest
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

final as (
    select
        numbered.nth_latest,
        cast(
            {{ dbt.dateadd(
                "day",
                "-cast(spans.horizon_days * numbered.nth_latest + spans.lag_days as integer)",
                "data_dates.data_date",
            ) }} as date
        ) as cutoff_date,
        numbered.nth_latest <= {{ cutoffs }} as is_tested,
        cast(spans.lag_days as integer) as lag_days
    from numbered
    cross join spans
    cross join data_dates
    where data_dates.data_date is not null and spans.horizon_days is not null
)

select * from final

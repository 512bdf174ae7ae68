{#-
    How each extract of a gate was delivered: how many rows came, against how many were to be
    expected, and what the delivery lacked. One row per extract.

    Of a full extract the last delivery is compared with the one before. Increments swing with the
    season: rows recorded in the time of the last delivery are compared with those recorded in as
    long a time just before and with those of the same days a year earlier, whichever are fewer.

    staging_models: names of the gate's staging models of extracts.
    parted: system and extract, as `system__extract`, of each staging model that holds the label
        rows of an extract and so does not bear its name.
-#}
{%- macro deliveries_compared(staging_models, parted={}) -%}
{#- Shares below which a delivery is short, and the rows below which a share says nothing. -#}
{%- set full_share, full_rows = 0.75, 20 -%}
{%- set incremental_share, incremental_rows = 0.6, 100 -%}
{#- More rejects than this share, and than so many rows, are more than the odd broken line. -#}
{%- set rejected_share, rejected_rows = 0.01, 10 -%}
with deliveries as (
    select * from {{ ref("int_quality__deliveries_dated") }}
),

first_versions as (
    {%- for staging_model in staging_models %}
    {%- set system, extract = parted.get(staging_model, staging_model[4:]).split("__") %}
    select
        '{{ system }}' as source_system,
        '{{ extract }}' as source_extract,
        known_from_date as recorded_date,
        count(*) as n_rows
    from {{ ref(staging_model) }}
    where version_number = 1
    group by known_from_date
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

extracts as (
    select distinct source_system, source_extract
    from (
        {%- for staging_model in staging_models %}
        {%- set system, extract = parted.get(staging_model, staging_model[4:]).split("__") %}
        select '{{ system }}' as source_system, '{{ extract }}' as source_extract
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as staged
),

gate_deliveries as (
    select
        deliveries.*,
        {{ dbt.datediff("deliveries.previous_extract_date", "deliveries.last_extract_date", "day") }}
            as n_days_delivered
    from deliveries
    inner join extracts
        on
            deliveries.source_system = extracts.source_system
            and deliveries.source_extract = extracts.source_extract
),

windows as (
    select
        *,
        {{ dbt.dateadd("day", "-n_days_delivered", "previous_extract_date") }} as before_from_date,
        {{ dbt.dateadd("year", -1, "previous_extract_date") }} as year_earlier_from_date,
        {{ dbt.dateadd("year", -1, "last_extract_date") }} as year_earlier_to_date
    from gate_deliveries
),

recorded as (
    select
        windows.extract_id,
        coalesce(sum(first_versions.n_rows) filter (
            where first_versions.recorded_date > windows.previous_extract_date
                and first_versions.recorded_date <= windows.last_extract_date
        ), 0) as n_rows_recorded,
        coalesce(sum(first_versions.n_rows) filter (
            where first_versions.recorded_date > windows.before_from_date
                and first_versions.recorded_date <= windows.previous_extract_date
        ), 0) as n_rows_before,
        coalesce(sum(first_versions.n_rows) filter (
            where first_versions.recorded_date > windows.year_earlier_from_date
                and first_versions.recorded_date <= windows.year_earlier_to_date
        ), 0) as n_rows_year_earlier
    from windows
    inner join first_versions
        on
            windows.source_system = first_versions.source_system
            and windows.source_extract = first_versions.source_extract
    group by windows.extract_id
),

counted as (
    select
        windows.*,
        case
            when windows.delivery = 'full' then windows.n_rows_last
            else coalesce(recorded.n_rows_recorded, 0)
        end as n_rows_counted,
        -- With one delivery alone there is nothing to compare it with.
        case
            when windows.previous_extract_date is null then 0
            when windows.delivery = 'full' then windows.n_rows_previous
            when recorded.n_rows_before < recorded.n_rows_year_earlier then recorded.n_rows_before
            else coalesce(recorded.n_rows_year_earlier, 0)
        end as n_rows_expected
    from windows
    left join recorded on windows.extract_id = recorded.extract_id
),

bounded as (
    select
        *,
        case
            when delivery = 'full' and n_rows_expected >= {{ full_rows }}
                then ceil({{ full_share }} * n_rows_expected)
            when delivery = 'incremental' and n_rows_expected >= {{ incremental_rows }}
                then ceil({{ incremental_share }} * n_rows_expected)
            else 0
        end as n_rows_floor,
        ceil(greatest({{ rejected_rows }}, {{ rejected_share }} * n_rows_checked)) as n_rows_rejected_at_most
    from counted
),

final as (
    select
        extract_id,
        source_system || '/' || source_extract as subject,
        delivery,
        n_deliveries,
        last_extract_date,
        checked_from_date,
        fresh_within_days,
        coalesce(n_days_since_delivery, 0) as n_days_since_delivery,
        cast(greatest(coalesce(n_days_since_delivery - fresh_within_days, 0), 0) as bigint) as n_days_late,
        -- How often the extract could have come, and did not.
        cast(coalesce(floor(n_days_since_delivery / (1.0 * fresh_within_days)), 0) as bigint)
            as n_deliveries_missed,
        cast(n_rows_counted as bigint) as n_rows_counted,
        cast(n_rows_expected as bigint) as n_rows_expected,
        cast(greatest(n_rows_floor - n_rows_counted, 0) as bigint) as n_rows_short,
        n_rows_checked,
        n_rows_rejected,
        cast(greatest(n_rows_rejected - n_rows_rejected_at_most, 0) as bigint) as n_rows_rejected_beyond,
        n_rows_unaccounted,
        n_files_with_columns_missing,
        columns_missing
    from bounded
)

select * from final
{%- endmacro -%}

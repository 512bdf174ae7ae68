{#-
    How each extract of a gate was delivered: how many rows came, against how many were to be
    expected, and what the delivery lacked. One row per extract.

    Of a full extract the last delivery is compared with the one before. Increments swing with the
    season: rows recorded in the time of a delivery are compared with those recorded in as long a time
    just before and with those of the same days a year earlier, whichever are fewer. Every increment
    that no publication has stood on yet is compared, and the one that lacks most is told.

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

deliveries_ordered as (
    select * from {{ ref("int_quality__deliveries_ordered") }}
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
    select deliveries.*
    from deliveries
    inner join extracts
        on
            deliveries.source_system = extracts.source_system
            and deliveries.source_extract = extracts.source_extract
),

waiting as (
    select
        gate_deliveries.extract_id,
        gate_deliveries.delivery,
        deliveries_ordered.*,
        {{ dbt.datediff(
            "deliveries_ordered.previous_extract_date", "deliveries_ordered.extract_date", "day"
        ) }} as n_days_delivered
    from gate_deliveries
    inner join deliveries_ordered
        on
            gate_deliveries.source_system = deliveries_ordered.source_system
            and gate_deliveries.source_extract = deliveries_ordered.source_extract
    where
        deliveries_ordered.is_last
        or (gate_deliveries.delivery = 'incremental' and not deliveries_ordered.is_published)
),

windows as (
    select
        *,
        {{ dbt.dateadd("day", "-n_days_delivered", "previous_extract_date") }} as before_from_date,
        {{ dbt.dateadd("year", -1, "previous_extract_date") }} as year_earlier_from_date,
        {{ dbt.dateadd("year", -1, "extract_date") }} as year_earlier_to_date
    from waiting
),

recorded as (
    select
        windows.delivery_id,
        coalesce(sum(first_versions.n_rows) filter (
            where first_versions.recorded_date > windows.previous_extract_date
                and first_versions.recorded_date <= windows.extract_date
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
    group by windows.delivery_id
),

counted as (
    select
        windows.*,
        case
            when windows.delivery = 'full' then windows.n_rows
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
    left join recorded on windows.delivery_id = recorded.delivery_id
),

measured as (
    select
        *,
        greatest(case
            when is_fall_agreed then 0
            when delivery = 'full' and n_rows_expected >= {{ full_rows }}
                then ceil({{ full_share }} * n_rows_expected) - n_rows_counted
            when delivery = 'incremental' and n_rows_expected >= {{ incremental_rows }}
                then ceil({{ incremental_share }} * n_rows_expected) - n_rows_counted
            else 0
        end, 0) as n_rows_short
    from counted
),

compared as (
    select
        *,
        row_number() over (
            partition by extract_id order by n_rows_short desc, extract_date desc
        ) as nth_shortest
    from measured
),

final as (
    select
        gate_deliveries.extract_id,
        gate_deliveries.source_system || '/' || gate_deliveries.source_extract as subject,
        gate_deliveries.delivery,
        gate_deliveries.n_deliveries,
        gate_deliveries.last_extract_date,
        gate_deliveries.checked_from_date,
        gate_deliveries.fresh_within_days,
        coalesce(gate_deliveries.n_days_since_delivery, 0) as n_days_since_delivery,
        cast(greatest(coalesce(
            gate_deliveries.n_days_since_delivery - gate_deliveries.fresh_within_days, 0
        ), 0) as bigint) as n_days_late,
        -- How often the extract could have come, and did not.
        cast(coalesce(floor(
            gate_deliveries.n_days_since_delivery / (1.0 * gate_deliveries.fresh_within_days)
        ), 0) as bigint) as n_deliveries_missed,
        compared.extract_date as compared_extract_date,
        cast(coalesce(compared.n_rows_counted, 0) as bigint) as n_rows_counted,
        cast(coalesce(compared.n_rows_expected, 0) as bigint) as n_rows_expected,
        cast(coalesce(compared.n_rows_short, 0) as bigint) as n_rows_short,
        gate_deliveries.n_rows_checked,
        gate_deliveries.n_rows_rejected,
        cast(greatest(
            gate_deliveries.n_rows_rejected
            - ceil(greatest({{ rejected_rows }}, {{ rejected_share }} * gate_deliveries.n_rows_checked)),
            0
        ) as bigint) as n_rows_rejected_beyond,
        gate_deliveries.n_rows_unaccounted,
        gate_deliveries.n_files_with_columns_missing,
        gate_deliveries.columns_missing
    from gate_deliveries
    left join compared
        on
            gate_deliveries.extract_id = compared.extract_id
            and compared.nth_shortest = 1
)

select * from final
{%- endmacro -%}

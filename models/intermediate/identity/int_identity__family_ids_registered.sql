{{ config(
    materialized="incremental",
    incremental_strategy="append",
    full_refresh=false,
    on_schema_change="fail",
    pre_hook="{{ refuse_ungated() }}",
) }}
{{ stands_below("identity") }}

with spells as (
    select * from {{ ref("int_identity__family_spells_followed") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

-- A stay is known again in a later run by its person and first day.
members as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id", "from_date"]) }} as member_key,
        cast(family_number as {{ dbt.type_string() }}) as cluster_key,
        {{ dbt_utils.generate_surrogate_key(["person_id", "from_date"]) }} as mint_key
    from spells
),

{{ ids_registered("members", "family", "(select as_of_date from data_dates)") }}

select * from registered

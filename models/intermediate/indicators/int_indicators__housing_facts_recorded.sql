{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("housing") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

homelessness_attached as (
    select * from {{ ref("int_identity__homelessness_attached") }}
),

occupants as (
    {{ rows_with_persons(
        "stg_bristol_housing__occupants",
        "staged.tenancy_id || '|' || cast(staged.occupant_number as " ~ dbt.type_string() ~ ")",
        "bristol_housing", "occupants"
    ) }}
),

tenancies as (
    select * from {{ ref("stg_bristol_housing__tenancies") }}
),

rent_arrears as (
    select * from {{ ref("stg_bristol_housing__rent_arrears") }}
),

asb_cases as (
    select * from {{ ref("stg_bristol_housing__asb_cases") }}
),

homelessness as (
    select
        applications.*,
        homelessness_attached.person_id
    from {{ ref("stg_bristol_housing__homelessness") }} as applications
    left join homelessness_attached
        on applications.source_row_key = homelessness_attached.source_row_key
),

-- What is said of a tenancy is said of those who hold it (of all who live there, where it is how
-- they live), for as long as they do, by what was known of both.
tenancy_rows as (
    select
        'tenancies' as extract_name,
        tenancy_id,
        source_row_key,
        version_number,
        tenure as value,
        cast(null as {{ type_double() }}) as measure,
        cast(null as {{ dbt.type_string() }}) as detail,
        start_date as from_date,
        end_date as to_date,
        false as is_of_holders,
        recorded_date,
        known_from_date,
        known_to_date
    from tenancies
    union all
    select
        'rent_arrears' as extract_name,
        tenancy_id,
        source_row_key,
        version_number,
        cast(null as {{ dbt.type_string() }}) as value,
        cast(arrears_gbp as {{ type_double() }}) as measure,
        cast(null as {{ dbt.type_string() }}) as detail,
        quarter_end_date as from_date,
        quarter_end_date as to_date,
        true as is_of_holders,
        recorded_date,
        known_from_date,
        known_to_date
    from rent_arrears
    union all
    select
        'asb_cases' as extract_name,
        tenancy_id,
        source_row_key,
        version_number,
        cast(null as {{ dbt.type_string() }}) as value,
        cast(null as {{ type_double() }}) as measure,
        asb_type as detail,
        opened_date as from_date,
        closed_date as to_date,
        true as is_of_holders,
        recorded_date,
        known_from_date,
        known_to_date
    from asb_cases
),

of_occupants as (
    select
        tenancy_rows.extract_name,
        occupants.person_id,
        tenancy_rows.source_row_key,
        tenancy_rows.version_number,
        tenancy_rows.value,
        tenancy_rows.measure,
        tenancy_rows.detail,
        {{ later_of("tenancy_rows.from_date", "occupants.from_date") }} as from_date,
        {{ earlier_of("tenancy_rows.to_date", "occupants.to_date") }} as to_date,
        tenancy_rows.recorded_date,
        {{ later_of("tenancy_rows.known_from_date", "occupants.known_from_date") }}
            as known_from_date,
        {{ earlier_of("tenancy_rows.known_to_date", "occupants.known_to_date") }}
            as known_to_date
    from tenancy_rows
    left join occupants
        on
            tenancy_rows.tenancy_id = occupants.tenancy_id
            and (
                not tenancy_rows.is_of_holders
                or occupants.relation_to_tenant in ('tenant', 'partner')
            )
            and {{ known_together("tenancy_rows", "occupants") }}
            and (
                tenancy_rows.to_date is null
                or occupants.from_date is null
                or tenancy_rows.to_date >= occupants.from_date
            )
            and (
                tenancy_rows.from_date is null
                or occupants.to_date is null
                or tenancy_rows.from_date <= occupants.to_date
            )
),

-- Who was entered twice in one household is one person, of whom it is said once.
of_persons as (
    select
        extract_name,
        person_id,
        source_row_key,
        version_number,
        value,
        measure,
        detail,
        from_date,
        recorded_date,
        known_from_date,
        case when count(*) = count(to_date) then max(to_date) end as to_date,
        case when count(*) = count(known_to_date) then max(known_to_date) end as known_to_date
    from of_occupants
    group by
        extract_name,
        person_id,
        source_row_key,
        version_number,
        value,
        measure,
        detail,
        from_date,
        recorded_date,
        known_from_date
),

unioned as (
    {{ facts_stated("bristol_housing", "tenancies", "of_persons", [
        {
            "attribute": "tenure", "value": "value", "from_date": "from_date",
            "to_date": "to_date", "where": "extract_name = 'tenancies'",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_housing", "rent_arrears", "of_persons", [
        {
            "attribute": "arrears", "measure": "measure", "from_date": "from_date",
            "where": "extract_name = 'rent_arrears'",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_housing", "asb_cases", "of_persons", [
        {
            "attribute": "case", "detail": "detail", "from_date": "from_date",
            "to_date": "to_date", "where": "extract_name = 'asb_cases'",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_housing", "homelessness", "homelessness", [
        {
            "attribute": "application", "detail": "reason", "from_date": "opened_date",
            "to_date": "closed_date",
        },
    ]) }}
)

select * from unioned

{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("health") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

birth_dates as (
    select
        *,
        from_date as known_from_date,
        to_date as known_to_date
    from {{ ref("int_identity__birth_dates_dated") }}
),

pregnancy_rows as (
    {{ rows_with_persons(
        "stg_health__maternity", "staged.nhs_number", "health", "gp_registrations"
    ) }}
),

mental_health_contacts as (
    {{ rows_with_persons(
        "stg_health__mental_health_contacts", "staged.nhs_number", "health", "gp_registrations"
    ) }}
),

substance_treatment as (
    {{ rows_with_persons(
        "stg_health__substance_treatment", "staged.nhs_number", "health", "gp_registrations"
    ) }}
),

-- The age by the birth date as it was known; the outcome of a pregnancy is not looked at.
pregnancies as (
    select
        pregnancy_rows.person_id,
        pregnancy_rows.source_row_key,
        pregnancy_rows.version_number,
        pregnancy_rows.booking_date,
        {{ age_in_years(
            "birth_dates.birth_date",
            "coalesce(pregnancy_rows.booking_date, pregnancy_rows.known_from_date)"
        ) }} as age_at_booking,
        pregnancy_rows.recorded_date,
        {{ later_of("pregnancy_rows.known_from_date", "birth_dates.known_from_date") }}
            as known_from_date,
        {{ earlier_of("pregnancy_rows.known_to_date", "birth_dates.known_to_date") }}
            as known_to_date
    from pregnancy_rows
    left join birth_dates
        on
            pregnancy_rows.person_id = birth_dates.person_id
            and {{ known_together("pregnancy_rows", "birth_dates") }}
),

unioned as (
    {{ facts_stated("health", "maternity", "pregnancies", [
        {
            "attribute": "age at booking", "measure": "age_at_booking",
            "from_date": "booking_date",
        },
    ]) }}
    union all
    {{ facts_stated("health", "mental_health_contacts", "mental_health_contacts", [
        {"attribute": "service", "value": "service", "from_date": "contact_date"},
    ]) }}
    union all
    {{ facts_stated("health", "substance_treatment", "substance_treatment", [
        {
            "attribute": "substance", "value": "substance", "detail": "substance",
            "from_date": "start_date", "to_date": "end_date",
        },
    ]) }}
)

select * from unioned

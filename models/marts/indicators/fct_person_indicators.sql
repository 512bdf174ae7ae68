{{ stands_below("indicators") }}
with told as (
    select * from {{ ref("int_indicators__persons_told") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

final as (
    select
        told.person_told_key as person_indicator_id,
        told.person_id,
        catalogue.indicator,
        told.latest_date as indicator_date,
        cast(coalesce(told.measure, told.n_events) as numeric(12, 3)) as value,
        'They '
        || catalogue.phrase_person
        || {{ detail_in_words("told.detail") }}
        || case
            when catalogue.kind = 'state' then ', since ' || {{ date_in_words("told.since_date") }}
            when told.n_events > 1
                then
                    ', recorded '
                    || cast(told.n_events as {{ dbt.type_string() }})
                    || ' times since '
                    || {{ date_in_words("told.since_date") }}
            else ''
        end
        || '.' as notes,
        told.indicator_code,
        catalogue.criterion,
        catalogue.value_unit,
        told.n_events,
        told.since_date,
        told.as_of_date,
        told.programme,
        told.source_system,
        told.source_extract,
        told.source_row_key,
        told.handling,
        catalogue.sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from told
    inner join catalogue on told.indicator_code = catalogue.indicator_code
)

select * from final

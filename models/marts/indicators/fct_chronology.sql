{{ stands_below("indicators") }}
with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

known as (
    select
        facts.*,
        data_dates.as_of_date,
        facts.kind = 'state'
        and (facts.to_date is null or facts.to_date > data_dates.as_of_date) as is_current,
        row_number() over (
            partition by facts.person_id, facts.indicator_code, facts.event_key
            order by
                facts.known_from_date desc, facts.source_row_key asc, facts.person_indicator_key asc
        ) as nth_telling
    from facts
    inner join data_dates
        on
            facts.from_date <= data_dates.as_of_date
            and {{ known_on("facts", "data_dates.as_of_date") }}
),

told as (
    select
        known.*,
        catalogue.indicator,
        catalogue.criterion,
        catalogue.phrase_person,
        catalogue.phrase_past,
        catalogue.sensitivity,
        catalogue.is_general,
        sum(case when catalogue.is_general then 0 else 1 end) over (
            partition by known.person_id, known.event_key
        ) as n_saying_more
    from known
    inner join catalogue on known.indicator_code = catalogue.indicator_code
    where known.nth_telling = 1
),

final as (
    select
        person_indicator_key as chronology_id,
        person_id,
        from_date as event_date,
        case when not is_current then to_date end as ended_date,
        is_current,
        indicator,
        'They '
        || case when is_current then phrase_person else phrase_past end
        || {{ detail_in_words("detail") }}
        || case
            when is_current then ', since ' || {{ date_in_words("from_date") }}
            when kind = 'state'
                then
                    ', from '
                    || {{ date_in_words("from_date") }}
                    || ' to '
                    || {{ date_in_words("to_date") }}
            else ' on ' || {{ date_in_words("from_date") }}
        end
        || '.' as description,
        criterion,
        recorded_date,
        as_of_date,
        programme,
        source_system,
        source_extract,
        source_row_key,
        handling,
        sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from told
    where not is_general or n_saying_more = 0
)

select * from final

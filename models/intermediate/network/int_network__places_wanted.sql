with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

person_dates as (
    select * from {{ ref("int_features__person_dates_listed") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

-- As of a day on which everybody is wanted, every place is.
of_everybody as (
    select distinct
        as_of_dates.as_of_date,
        parts.uprn
    from parts
    cross join as_of_dates
    where parts.uprn is not null
),

few as (
    select
        person_dates.person_id,
        person_dates.as_of_date
    from person_dates
    left join as_of_dates on person_dates.as_of_date = as_of_dates.as_of_date
    where as_of_dates.as_of_date is null
),

incidents_of_few as (
    select distinct
        few.as_of_date,
        parts.incident_id
    from few
    inner join parts
        on
            few.person_id = parts.person_id
            and {{ known_on("parts", "few.as_of_date") }}
),

of_few as (
    select distinct
        incidents_of_few.as_of_date,
        parts.uprn
    from incidents_of_few
    inner join parts
        on
            incidents_of_few.incident_id = parts.incident_id
            and {{ known_on("parts", "incidents_of_few.as_of_date") }}
    where parts.uprn is not null
),

final as (
    select
        as_of_date,
        uprn
    from of_everybody
    union all
    select
        as_of_date,
        uprn
    from of_few
)

select * from final

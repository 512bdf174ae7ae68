with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

places_wanted as (
    select * from {{ ref("int_network__places_wanted") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

unioned as (
    select
        as_of_dates.as_of_date,
        parts.incident_id
    from parts
    inner join as_of_dates on {{ known_on("parts", "as_of_dates.as_of_date") }}
    union
    select
        places_wanted.as_of_date,
        parts.incident_id
    from places_wanted
    inner join parts
        on
            places_wanted.uprn = parts.uprn
            and {{ known_on("parts", "places_wanted.as_of_date") }}
),

final as (
    select
        as_of_date,
        incident_id
    from unioned
)

select * from final

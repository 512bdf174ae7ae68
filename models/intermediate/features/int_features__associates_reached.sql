{%- set hops = var("carrier_hops") -%}
with person_dates as (
    select * from {{ ref("int_features__person_dates_listed") }}
),

as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

ties as (
    select * from {{ ref("int_network__ties_gathered") }}
),

directed as (
    select
        person_id_l as person_id,
        person_id_r as associate_id,
        linked_on,
        ended_on
    from ties
    union
    select
        person_id_r as person_id,
        person_id_l as associate_id,
        linked_on,
        ended_on
    from ties
),

-- As of a day on which everybody is wanted, everybody is there already.
reached_0 as (
    select
        person_dates.person_id,
        person_dates.as_of_date
    from person_dates
    left join as_of_dates on person_dates.as_of_date = as_of_dates.as_of_date
    where as_of_dates.as_of_date is null
),

{% for hop in range(1, hops + 1) -%}
    reached_{{ hop }} as (
        select
            person_id,
            as_of_date
        from reached_{{ hop - 1 }}
        union
        select
            directed.associate_id as person_id,
            reached_{{ hop - 1 }}.as_of_date
        from reached_{{ hop - 1 }}
        inner join directed
            on
                reached_{{ hop - 1 }}.person_id = directed.person_id
                and reached_{{ hop - 1 }}.as_of_date >= directed.linked_on
                and (
                    directed.ended_on is null
                    or reached_{{ hop - 1 }}.as_of_date < directed.ended_on
                )
    ),

{% endfor -%}
final as (
    select
        person_id,
        as_of_date
    from reached_{{ hops }}
)

select * from final

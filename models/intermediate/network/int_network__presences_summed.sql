{%- set harms = ["cse", "criminal_exploitation", "serious_violence"] -%}
{%- set threshold = var("place_threshold") -%}
with presences as (
    select * from {{ ref("int_network__presences_counted") }}
),

-- A place that is repeated only through what the person was part of is none to the person.
final as (
    select
        person_id,
        as_of_date,
        cast(count(distinct uprn) as integer) as n_places_repeated,
        cast(
            count(distinct case when n_incidents_of_others >= {{ threshold }} then uprn end)
            as integer
        ) as n_places_repeated_by_others,
        cast(
            count(
                distinct case
                    when n_incidents_of_others_without_proxies >= {{ threshold }} then uprn
                end
            ) as integer
        ) as n_places_repeated_by_others_without_proxies,
        {%- for harm in harms %}
            max(
                case
                    when harm = '{{ harm }}' and n_incidents_of_others >= {{ threshold }}
                        then risk_of_others
                    else 0
                end
            ) as risk_{{ harm }},
            max(
                case
                    when
                        harm = '{{ harm }}'
                        and n_incidents_of_others_without_proxies >= {{ threshold }}
                        then risk_of_others_without_proxies
                    else 0
                end
            ) as risk_{{ harm }}_without_proxies
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from presences
    group by person_id, as_of_date
)

select * from final

{%- set features = features_listed() -%}
{%- set indicator_codes = features | map(attribute="indicator_code") | select | unique | list -%}
with placed as (
    select * from {{ ref("int_features__persons_placed") }}
),

indicators_held as (
    select * from {{ ref("int_features__indicators_held") }}
),

windowed as (
    select * from {{ ref("int_features__indicators_windowed") }}
),

family_windowed as (
    select * from {{ ref("int_features__family_windowed") }}
),

nearness as (
    select * from {{ ref("int_features__nearness_measured") }}
),

presences as (
    select * from {{ ref("int_network__presences_summed") }}
),

held as (
    select
        programme_set,
        {%- for code in indicator_codes %}
            max(case when indicator_code = '{{ code }}' and is_held then 1 else 0 end)
                as is_held_{{ code }},
        {%- endfor %}
        as_of_date
    from indicators_held
    group by programme_set, as_of_date
),

own as (
    select
        person_id,
        {%- for feature in features if feature.scope == "person" %}
            max(case when indicator_code = '{{ feature.indicator_code }}' then {{ feature.measure }} end)
                as {{ feature.feature }},
        {%- endfor %}
        as_of_date,
        count(*) as n_indicators_known
    from windowed
    group by person_id, as_of_date
),

family as (
    select
        person_id,
        {%- for feature in features if feature.scope == "family" %}
            max(case when indicator_code = '{{ feature.indicator_code }}' then {{ feature.measure }} end)
                as {{ feature.feature }},
        {%- endfor %}
        as_of_date,
        count(*) as n_family_indicators
    from family_windowed
    group by person_id, as_of_date
),

associates as (
    select
        person_id,
        {%- for feature in features if feature.scope == "associates" %}
            max(
                case
                    when
                        harm = '{{ feature.harm }}'
                        and scope = '{{ feature.network_scope }}'
                        and basis = '{{ feature.basis }}'
                        then {{ feature.measure }}
                end
            ) as {{ feature.feature }},
        {%- endfor %}
        as_of_date
    from nearness
    group by person_id, as_of_date
),

places as (
    select
        person_id,
        {%- for feature in features if feature.scope == "places" %}
            max(
                case
                    when harm = '{{ feature.harm }}' and basis = '{{ feature.basis }}'
                        then {{ feature.measure }}
                end
            ) as {{ feature.feature }},
        {%- endfor %}
        as_of_date
    from presences
    group by person_id, as_of_date
),

-- None where somebody would have told; null where nobody would.
final as (
    select
        placed.person_id,
        placed.as_of_date,
        placed.age_in_years,
        placed.n_relatives,
        placed.n_relatives_under_18,
        {%- for code in indicator_codes %}
            held.is_held_{{ code }} = 1 as is_held_{{ code }},
        {%- endfor %}
        {%- for feature in features %}
            {%- set relation = {
                "person": "own", "family": "family", "associates": "associates", "places": "places"
            }[feature.scope] %}
            {%- set column = relation ~ "." ~ feature.feature %}
            {%- if feature.is_zero_when_none and not feature.indicator_code %}
                {%- set column = "coalesce(" ~ column ~ ", 0)" %}
            {%- elif feature.is_zero_when_none %}
                {%- set column = "coalesce(" ~ column ~ ", case when held.is_held_"
                    ~ feature.indicator_code ~ " = 1 then 0 end)" %}
            {%- endif %}
            {%- if feature.measure in ("is_current", "has_relative") %}
                {%- set column = column ~ " = 1" %}
            {%- endif %}
            {{ column }} as {{ feature.feature }},
        {%- endfor %}
        cast(coalesce(own.n_indicators_known, 0) as integer) as n_indicators_known,
        cast(coalesce(family.n_family_indicators, 0) as integer) as n_family_indicators
    from placed
    inner join held
        on
            placed.programme_set = held.programme_set
            and placed.as_of_date = held.as_of_date
    left join own
        on
            placed.person_id = own.person_id
            and placed.as_of_date = own.as_of_date
    left join family
        on
            placed.person_id = family.person_id
            and placed.as_of_date = family.as_of_date
    left join associates -- noqa: ST11, for its columns are listed once the catalogue is built
        on
            placed.person_id = associates.person_id
            and placed.as_of_date = associates.as_of_date
    left join places -- noqa: ST11
        on
            placed.person_id = places.person_id
            and placed.as_of_date = places.as_of_date
)

select * from final

{#- Words for what somebody is said to be in an event; a phrase of its record may hold them. -#}
{%- set roles = [
    "victim", "suspect", "offender", "perpetrator", "abuser", "attacker", "culprit", "groomer",
    "predator", "delinquent", "defendant", "paedophile", "dealer", "gang member", "a criminal",
    "criminals", "threat", "runaway",
] -%}
{%- set as_recorded = [
    "recorded as a suspect in ", "recorded as the victim of ", "linked as victim to ", "suspected",
] -%}
with texts as (
    select * from {{ ref("int_scores__texts_written") }}
),

said as (
    select
        model,
        person_id,
        {% for phrase in as_recorded %}replace({% endfor %}lower(text)
        {%- for phrase in as_recorded %}, '{{ phrase }}', ''){% endfor %} as said
    from texts
),

final as (
    select
        model,
        person_id
    from said
    where
        {%- for role in roles %}
            position('{{ role }}' in said) > 0
            {%- if not loop.last %} or{% endif %}
        {%- endfor %}
)

select * from final

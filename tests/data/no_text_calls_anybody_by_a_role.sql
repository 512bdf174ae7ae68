{#- Words for what somebody is said to be in an event; a phrase of its record may hold them. -#}
{%- set roles = [
    "victim", "suspect", "offender", "perpetrator", "abuser", "attacker", "culprit", "groomer",
    "predator", "delinquent", "a criminal", "criminals", "accused", "defendant", "convict",
    "paedophile", "dealer", "gang member", "troublemaker", "threat", "prostitute", "runaway",
] -%}
with texts as (
    select * from {{ ref("int_scores__texts_written") }}
),

bare as (
    select
        model,
        person_id,
        replace(lower(text), 'recorded as a suspect in ', '') as said
    from texts
),

-- That somebody was suspected of something is told of an event, too.
said as (
    select
        model,
        person_id,
        replace(
            replace(
                replace(said, 'recorded as the victim of ', ''), 'linked as victim to ', ''
            ),
            'suspected',
            ''
        ) as said
    from bare
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

{#- What is told of a group must not tell of fewer people than may be told, nor of how many they are. -#}
{%- set least = var("least_count_told") -%}
with assessed as (
    select * from {{ ref("int_scores__trials_assessed") }}
),

models_judged as (
    select * from {{ ref("int_scores__models_judged") }}
),

of_groups as (
    select *
    from assessed
    where section in ('groups', 'recorded') and variant = 'as_configured'
),

found as (
    select
        model,
        population,
        score,
        grouping,
        group_name,
        value * n_positive as n_found
    from of_groups
    where measure = 'true_positive_rate'
),

-- How many people of the group what is told stands on.
counted as (
    select
        of_groups.*,
        case
            when of_groups.measure = 'recorded' then of_groups.n_positive
            when of_groups.measure = 'selection_rate' then of_groups.value * of_groups.n_rows
            when of_groups.measure = 'false_positive_rate'
                then of_groups.value * (of_groups.n_rows - of_groups.n_positive)
            when of_groups.measure = 'observed_less_expected' then of_groups.n_positive
            else found.n_found
        end as n_counting
    from of_groups
    left join found
        on
            of_groups.model = found.model
            and of_groups.population = found.population
            and of_groups.score = found.score
            and of_groups.grouping = found.grouping
            and of_groups.group_name = found.group_name
            and of_groups.measure in ('precision', 'true_positive_rate')
),

-- Beside a group of whom nothing may be told, nothing is told of the other.
beside as (
    select
        one.*,
        coalesce(one.n_counting, 0) >= {{ least }} as is_told,
        coalesce(other.n_counting, 0) >= {{ least }} as is_reference_told
    from counted as one
    left join counted as other
        on
            one.model = other.model
            and one.section = other.section
            and one.population = other.population
            and one.score = other.score
            and one.measure = other.measure
            and one.grouping = other.grouping
            and one.reference = other.group_name
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "beside.model", "beside.population", "beside.score", "beside.measure",
            "beside.grouping", "beside.group_name",
        ]) }} as model_fairness_id,
        beside.model,
        models_judged.title,
        beside.as_of as as_of_date,
        beside.population,
        beside.score,
        beside.grouping,
        beside.group_name,
        beside.reference,
        beside.measure,
        beside.k,
        {{ count_told("beside.n_rows") }} as n_people,
        {{ count_told("beside.n_positive") }} as n_outcomes,
        case when beside.is_told then beside.value end as value,
        case when beside.is_told then beside.low end as low,
        case when beside.is_told then beside.high end as high,
        {%- for column in (
            "difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"
        ) %}
        case when beside.is_told and beside.is_reference_told then beside.{{ column }} end
            as {{ column }},
        {%- endfor %}
        case
            when beside.verdict = 'reference' then beside.verdict
            when beside.is_told and beside.is_reference_told then beside.verdict
            else 'not enough evidence'
        end as verdict,
        models_judged.is_withdrawn,
        models_judged.is_publishable,
        models_judged.publication_note as note,
        'restricted' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from beside
    inner join models_judged on beside.model = models_judged.model
)

select * from final

{%- set hops = var("carrier_hops") -%}
{%- set decay = var("carrier_decay") -%}
{%- set largest_hub = var("carrier_largest_hub") -%}
with eligible as (
    select * from {{ ref("int_scores__cohorts_gathered") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
    where method = 'network'
),

carriers as (
    select * from {{ ref("int_features__risks_carried") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

ties as (
    select * from {{ ref("int_network__ties_gathered") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

wanted as (
    select
        eligible.model,
        eligible.person_id,
        eligible.as_of_date,
        models.harm
    from eligible
    inner join models on eligible.model = models.model
),

days as (
    select distinct as_of_date
    from wanted
),

-- Children who carry the risk by what is recorded of themselves; what may tell the label itself
-- does not count.
children as (
    select distinct
        carriers.person_id as child_id,
        carriers.as_of_date,
        carriers.harm,
        carriers.risk_no_proxies as risk
    from carriers
    inner join days on carriers.as_of_date = days.as_of_date
    inner join birth_dates
        on
            carriers.person_id = birth_dates.person_id
            and carriers.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or carriers.as_of_date < birth_dates.to_date)
    where
        carriers.risk_no_proxies > 0
        and {{ age_in_years("birth_dates.birth_date", "carriers.as_of_date") }} < 18
),

pairs as (
    select
        days.as_of_date,
        ties.person_id_l,
        ties.person_id_r,
        max(case when ties.tie in ('family', 'household') then 1 else 0 end) = 1 as is_family
    from ties
    inner join days
        on
            ties.linked_on <= days.as_of_date
            and (ties.ended_on is null or ties.ended_on > days.as_of_date)
    group by days.as_of_date, ties.person_id_l, ties.person_id_r
),

tied as (
    select
        as_of_date,
        person_id_l as person_id,
        person_id_r as other_id,
        is_family
    from pairs
    union all
    select
        as_of_date,
        person_id_r as person_id,
        person_id_l as other_id,
        is_family
    from pairs
),

hubs as (
    select
        as_of_date,
        person_id
    from tied
    where not is_family
    group by as_of_date, person_id
    having count(*) > {{ largest_hub }}
),

-- Whom events only ever saw as harmed, or missing, beside the other does not come up through the
-- other: a step leads to those alone who were there in another way at least once.
steps as (
    select distinct
        tied.as_of_date,
        tied.other_id as from_id,
        tied.person_id as to_id
    from tied
    inner join parts on tied.person_id = parts.person_id
    inner join parts as others_parts
        on
            tied.other_id = others_parts.person_id
            and parts.incident_id = others_parts.incident_id
    where
        not tied.is_family
        and parts.part <> 'harmed'
        and {{ known_on("parts", "tied.as_of_date") }}
        and {{ known_on("others_parts", "tied.as_of_date") }}
),

reached_0 as (
    select
        as_of_date,
        harm,
        child_id,
        child_id as person_id,
        0 as n_hops
    from children
),

{% for hop in range(1, hops + 1) -%}
    reached_{{ hop }} as (
        select distinct
            reached_{{ hop - 1 }}.as_of_date,
            reached_{{ hop - 1 }}.harm,
            reached_{{ hop - 1 }}.child_id,
            steps.to_id as person_id,
            {{ hop }} as n_hops
        from reached_{{ hop - 1 }}
        inner join steps
            on
                reached_{{ hop - 1 }}.as_of_date = steps.as_of_date
                and reached_{{ hop - 1 }}.person_id = steps.from_id
        {%- if hop > 1 %}
            left join hubs
                on
                    reached_{{ hop - 1 }}.as_of_date = hubs.as_of_date
                    and reached_{{ hop - 1 }}.person_id = hubs.person_id
            where hubs.person_id is null
        {%- endif %}
    ),

{% endfor -%}
reached as (
    {%- for hop in range(1, hops + 1) %}
        select * from reached_{{ hop }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

nearest as (
    select
        as_of_date,
        harm,
        child_id,
        person_id,
        min(n_hops) as n_hops
    from reached
    group by as_of_date, harm, child_id, person_id
),

-- Who is of the child's own family or home is there for that reason, along whatever path.
final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["wanted.model", "wanted.person_id", "nearest.child_id"]
        ) }} as neared_key,
        wanted.model,
        wanted.person_id,
        wanted.as_of_date,
        nearest.child_id,
        cast(nearest.n_hops as integer) as n_hops,
        children.risk,
        cast(
            cast(children.risk as numeric(9, 2))
            * case nearest.n_hops
                {%- for hop in range(1, hops + 1) %}
                    when {{ hop }} then {{ decay ** (hop - 1) }}
                {%- endfor %}
            end as {{ type_double() }}
        ) as points
    from wanted
    inner join nearest
        on
            wanted.person_id = nearest.person_id
            and wanted.as_of_date = nearest.as_of_date
            and wanted.harm = nearest.harm
    inner join children
        on
            nearest.child_id = children.child_id
            and nearest.as_of_date = children.as_of_date
            and nearest.harm = children.harm
    left join tied as relatives
        on
            wanted.person_id = relatives.person_id
            and nearest.child_id = relatives.other_id
            and wanted.as_of_date = relatives.as_of_date
            and relatives.is_family
    where relatives.person_id is null
)

select * from final

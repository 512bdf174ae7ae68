{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with scored as (
    select * from {{ ref("int_scores__persons_scored") }}
),

neared as (
    select * from {{ ref("int_scores__adults_neared") }}
),

support_listed as (
    select * from {{ ref("int_scores__support_listed") }}
),

near as (
    select
        model,
        person_id,
        cast(count(*) as integer) as n_children_near,
        cast(count(*) filter (where n_hops = 1) as integer) as n_children_one_step,
        min(n_hops) as nearest_hops
    from neared
    group by model, person_id
),

-- Who was flagged or served as a child is to be supported, and is not listed here.
final as (
    select
        {{ dbt_utils.generate_surrogate_key(["scored.model", "scored.person_id"]) }}
            as over_18_subject_id,
        scored.model,
        scored.person_id,
        scored.as_of_date,
        near.n_children_near,
        near.n_children_one_step,
        near.nearest_hops,
        scored.index_points as points_near,
        scored.score,
        scored.level,
        scored.index_version as score_version,
        cast(
            case near.n_children_near
                when 1 then 'One child at risk is'
                else
                    cast(near.n_children_near as {{ dbt.type_string() }})
                    || ' children at risk are'
            end
            || ' near in the network of events'
            || case
                when near.nearest_hops = 1 and near.n_children_near = 1 then ', one step away.'
                when near.nearest_hops = 1 then ', the nearest one step away.'
                when near.n_children_near = 1
                    then
                        ', ' || cast(near.nearest_hops as {{ dbt.type_string() }})
                        || ' steps away.'
                else
                    ', the nearest ' || cast(near.nearest_hops as {{ dbt.type_string() }})
                    || ' steps away.'
            end as {{ dbt.type_string() }}
        ) as score_text,
        'restricted' as handling,
        'special_category' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from scored
    inner join near
        on
            scored.model = near.model
            and scored.person_id = near.person_id
    left join support_listed on scored.person_id = support_listed.person_id
    where support_listed.person_id is null
)

select * from final

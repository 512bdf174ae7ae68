{%- set hops = var("carrier_hops") -%}
with reasons as (
    select * from {{ ref("int_scores__reasons_weighed") }}
),

features as (
    select * from {{ ref("int_features__features_catalogued") }}
),

nearness as (
    select * from {{ ref("int_features__nearness_measured") }}
),

risks_carried as (
    select * from {{ ref("int_features__risks_carried") }}
),

ties as (
    select * from {{ ref("int_network__ties_gathered") }}
),

wanted as (
    select distinct
        reasons.person_id,
        reasons.as_of_date,
        features.harm,
        features.network_scope,
        features.basis
    from reasons
    inner join features on reasons.feature_group = features.feature
    where features.scope = 'associates'
),

nearest as (
    select
        wanted.person_id,
        wanted.as_of_date,
        wanted.harm,
        wanted.network_scope,
        wanted.basis,
        nearness.nearest_hops
    from wanted
    inner join nearness
        on
            wanted.person_id = nearness.person_id
            and wanted.as_of_date = nearness.as_of_date
            and wanted.harm = nearness.harm
            and wanted.network_scope = nearness.scope
            and wanted.basis = nearness.basis
),

carriers as (
    select
        person_id,
        as_of_date,
        harm,
        'all' as basis
    from risks_carried
    where risk > 0
    union all
    select
        person_id,
        as_of_date,
        harm,
        'no_proxies' as basis
    from risks_carried
    where risk_no_proxies > 0
),

as_of_dates as (
    select distinct as_of_date
    from wanted
),

-- The network of the day: a pair counts once, and of family when any tie of it says so.
pairs as (
    select
        as_of_dates.as_of_date,
        ties.person_id_l,
        ties.person_id_r,
        max(case when ties.tie in ('family', 'household') then 1 else 0 end) as is_family
    from ties
    inner join as_of_dates
        on
            ties.linked_on <= as_of_dates.as_of_date
            and (ties.ended_on is null or ties.ended_on > as_of_dates.as_of_date)
    group by as_of_dates.as_of_date, ties.person_id_l, ties.person_id_r
),

scopes as (
    select 'all' as network_scope
    union all
    select 'no_family' as network_scope
),

directed as (
    select
        scopes.network_scope,
        pairs.as_of_date,
        pairs.person_id_l as person_id,
        pairs.person_id_r as associate_id
    from pairs
    cross join scopes
    where scopes.network_scope = 'all' or pairs.is_family = 0
    union all
    select
        scopes.network_scope,
        pairs.as_of_date,
        pairs.person_id_r as person_id,
        pairs.person_id_l as associate_id
    from pairs
    cross join scopes
    where scopes.network_scope = 'all' or pairs.is_family = 0
),

hubs as (
    select
        network_scope,
        as_of_date,
        person_id
    from directed
    group by network_scope, as_of_date, person_id
    having count(*) > {{ var("carrier_largest_hub") }}
),

-- A path as long as the nearest carrier is far is a shortest one.
steps_1 as (
    select
        nearest.*,
        directed.associate_id as first_step_id,
        directed.associate_id as reached_id
    from nearest
    inner join directed
        on
            nearest.person_id = directed.person_id
            and nearest.as_of_date = directed.as_of_date
            and nearest.network_scope = directed.network_scope
),

{% for hop in range(2, hops + 1) -%}
    steps_{{ hop }} as (
        select distinct
            steps_{{ hop - 1 }}.person_id,
            steps_{{ hop - 1 }}.as_of_date,
            steps_{{ hop - 1 }}.harm,
            steps_{{ hop - 1 }}.network_scope,
            steps_{{ hop - 1 }}.basis,
            steps_{{ hop - 1 }}.nearest_hops,
            steps_{{ hop - 1 }}.first_step_id,
            directed.associate_id as reached_id
        from steps_{{ hop - 1 }}
        inner join directed
            on
                steps_{{ hop - 1 }}.reached_id = directed.person_id
                and steps_{{ hop - 1 }}.as_of_date = directed.as_of_date
                and steps_{{ hop - 1 }}.network_scope = directed.network_scope
        left join hubs
            on
                steps_{{ hop - 1 }}.reached_id = hubs.person_id
                and steps_{{ hop - 1 }}.as_of_date = hubs.as_of_date
                and steps_{{ hop - 1 }}.network_scope = hubs.network_scope
        where
            steps_{{ hop - 1 }}.nearest_hops >= {{ hop }}
            and steps_{{ hop - 1 }}.person_id <> directed.associate_id
            and hubs.person_id is null
    ),

{% endfor -%}
reached as (
    {%- for hop in range(1, hops + 1) %}
        select *
        from steps_{{ hop }}
        where nearest_hops = {{ hop }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "reached.person_id", "reached.as_of_date", "reached.harm", "reached.network_scope",
            "reached.basis", "reached.reached_id", "reached.first_step_id",
        ]) }} as trace_key,
        reached.person_id,
        reached.as_of_date,
        reached.harm,
        reached.network_scope,
        reached.basis,
        reached.nearest_hops,
        reached.first_step_id,
        reached.reached_id as carrier_id
    from reached
    inner join carriers
        on
            reached.reached_id = carriers.person_id
            and reached.as_of_date = carriers.as_of_date
            and reached.harm = carriers.harm
            and reached.basis = carriers.basis
)

select * from final

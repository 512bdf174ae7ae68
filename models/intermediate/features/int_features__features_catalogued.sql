with catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

kinds as (
    select * from {{ ref("feature_kind") }}
),

risks as (
    select * from {{ ref("carried_risk") }}
),

network_kinds as (
    select * from {{ ref("network_feature_kind") }}
),

named as (
    select
        catalogue.indicator_code,
        catalogue.criterion,
        kinds.scope,
        kinds.measure,
        kinds.is_zero_when_none,
        catalogue.is_shared,
        catalogue.is_label_proxy,
        catalogue.position as indicator_position,
        coalesce(kinds.feature_start, '')
        || catalogue.indicator_code
        || coalesce(kinds.feature_end, '') as feature,
        kinds.meaning || ': ' || catalogue.indicator as meaning
    from catalogue
    inner join kinds
        on
            kinds.applies_to = 'all'
            or (kinds.applies_to = 'state' and catalogue.kind = 'state')
            or (kinds.applies_to = 'measured' and catalogue.value_unit is not null)
),

networks as (
    select
        'all' as network_scope,
        'all' as basis,
        '' as feature_end,
        '' as in_words
    union all
    select
        'no_family' as network_scope,
        'all' as basis,
        '_no_family' as feature_end,
        ', without ties of family or household' as in_words
    union all
    select
        'all' as network_scope,
        'no_proxies' as basis,
        '_no_proxies' as feature_end,
        ', label proxies not counted' as in_words
    union all
    select
        'no_family' as network_scope,
        'no_proxies' as basis,
        '_no_family_no_proxies' as feature_end,
        ', without ties of family or household, label proxies not counted' as in_words
),

-- The police tell of everyone's associates and places.
named_of_networks as (
    select
        cast(null as {{ dbt.type_string() }}) as indicator_code,
        cast(null as {{ dbt.type_string() }}) as criterion,
        network_kinds.scope,
        network_kinds.measure,
        network_kinds.is_zero_when_none,
        true as is_shared,
        networks.basis = 'all' as is_label_proxy,
        risks.harm,
        networks.network_scope,
        networks.basis,
        risks.position as harm_position,
        network_kinds.feature_start || risks.harm || networks.feature_end as feature,
        network_kinds.meaning || ': ' || risks.meaning || networks.in_words as meaning
    from risks
    cross join network_kinds
    inner join networks
        on network_kinds.scope = 'associates' or networks.network_scope = 'all'
),

unioned as (
    select
        feature,
        indicator_code,
        criterion,
        scope,
        measure,
        cast(null as {{ dbt.type_string() }}) as harm,
        cast(null as {{ dbt.type_string() }}) as network_scope,
        cast(null as {{ dbt.type_string() }}) as basis,
        is_zero_when_none,
        is_shared,
        is_label_proxy,
        meaning,
        1 as part,
        indicator_position as place
    from named
    union all
    select
        feature,
        indicator_code,
        criterion,
        scope,
        measure,
        harm,
        network_scope,
        basis,
        is_zero_when_none,
        is_shared,
        is_label_proxy,
        meaning,
        2 as part,
        harm_position as place
    from named_of_networks
),

final as (
    select
        feature,
        indicator_code,
        criterion,
        scope,
        measure,
        harm,
        network_scope,
        basis,
        is_zero_when_none,
        is_shared,
        is_label_proxy,
        meaning,
        cast(
            row_number() over (order by part asc, place asc, scope desc, feature asc) as integer
        ) as position
    from unioned
)

select * from final

with catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

kinds as (
    select * from {{ ref("feature_kind") }}
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

final as (
    select
        feature,
        indicator_code,
        criterion,
        scope,
        measure,
        is_zero_when_none,
        is_shared,
        is_label_proxy,
        meaning,
        cast(
            row_number() over (order by indicator_position asc, scope desc, feature asc) as integer
        ) as position
    from named
)

select * from final

with catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

programmes as (
    select * from {{ ref("programme") }}
),

sources as (
    select * from {{ ref("int_indicators__sources_dated") }}
),

-- What the police and health tell, they tell of every programme's people.
told as (
    select
        catalogue.indicator_code,
        catalogue.is_shared,
        programmes.programme,
        sources.coverage,
        sources.held_from_date
    from catalogue
    cross join programmes
    left join sources
        on
            catalogue.indicator_code = sources.indicator_code
            and (
                programmes.programme = sources.programme
                or sources.programme in ('force', 'shared')
            )
),

gathered as (
    select
        indicator_code,
        programme,
        is_shared,
        count(*) filter (where coverage = 'held') as n_held,
        count(*) filter (where coverage = 'derivable') as n_derivable,
        min(held_from_date) as held_from_date
    from told
    group by indicator_code, programme, is_shared
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["indicator_code", "programme"]) }}
            as indicator_programme_key,
        indicator_code,
        programme,
        is_shared,
        case
            when n_held > 0 then 'held'
            when n_derivable > 0 then 'derivable'
            else 'absent'
        end as coverage,
        held_from_date
    from gathered
)

select * from final

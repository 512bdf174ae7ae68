with placed as (
    select * from {{ ref("int_features__persons_placed") }}
),

programmes as (
    select * from {{ ref("programme") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

sources as (
    select * from {{ ref("int_indicators__sources_dated") }}
),

programmes_numbered as (
    select
        programme,
        cast(power(2, row_number() over (order by programme) - 1) as integer) as programme_bit
    from programmes
),

sets as (
    select distinct
        programme_set,
        as_of_date
    from placed
),

everywhere as (
    select distinct programme
    from sources
    where programme in ('force', 'shared')
),

programmes_of_sets as (
    select
        sets.programme_set,
        sets.as_of_date,
        programmes_numbered.programme
    from sets
    inner join programmes_numbered
        on
            mod(
                cast(floor(sets.programme_set / programmes_numbered.programme_bit) as integer), 2
            ) = 1
    union all
    select
        sets.programme_set,
        sets.as_of_date,
        everywhere.programme
    from sets
    cross join everywhere
),

held as (
    select distinct
        programmes_of_sets.programme_set,
        programmes_of_sets.as_of_date,
        sources.indicator_code
    from programmes_of_sets
    inner join sources
        on
            programmes_of_sets.programme = sources.programme
            and programmes_of_sets.as_of_date >= sources.held_from_date
),

final as (
    select
        sets.programme_set,
        sets.as_of_date,
        catalogue.indicator_code,
        held.indicator_code is not null as is_held
    from sets
    cross join catalogue
    left join held
        on
            sets.programme_set = held.programme_set
            and sets.as_of_date = held.as_of_date
            and catalogue.indicator_code = held.indicator_code
)

select * from final

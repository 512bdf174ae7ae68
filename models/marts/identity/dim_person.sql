{{ stands_below("identity") }}
with persons_named as (
    select * from {{ ref("int_identity__persons_named") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

gathered as (
    select
        person_id,
        count(*) as n_source_persons,
        count(distinct source_system) as n_source_systems,
        min(strongest_weight) as weakest_link_weight,
        min(first_recorded_date) as first_recorded_date,
        max(case when is_current then 1 else 0 end) = 1 as is_held_now,
        max(case when programme = 'bristol' then 1 else 0 end) = 1 as is_known_in_bristol,
        max(case when programme = 'somerset' then 1 else 0 end) = 1 as is_known_in_somerset,
        max(case when programme = 'force' then 1 else 0 end) = 1 as is_known_to_police
    from source_persons
    group by person_id
),

final as (
    select
        persons_named.person_id,
        persons_named.forename,
        persons_named.surname,
        persons_named.birth_date,
        cast(gathered.n_source_persons as integer) as n_source_persons,
        cast(gathered.n_source_systems as integer) as n_source_systems,
        gathered.weakest_link_weight,
        gathered.first_recorded_date,
        gathered.is_held_now,
        gathered.is_known_in_bristol,
        gathered.is_known_in_somerset,
        gathered.is_known_to_police,
        'official_sensitive' as handling,
        'personal' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from persons_named
    inner join gathered on persons_named.person_id = gathered.person_id
)

select * from final

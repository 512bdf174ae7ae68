{{ stands_below("identity") }}
with person_ids as (
    select * from {{ ref("int_identity__person_ids_registered") }}
),

family_ids as (
    select * from {{ ref("int_identity__family_ids_registered") }}
),

registry as (
    select
        'person' as id_kind,
        member_key,
        person_id as to_id,
        previous_person_id as from_id,
        mint_key is not null as is_minted,
        registry_run,
        as_of_date
    from person_ids
    union all
    select
        'family' as id_kind,
        member_key,
        family_id as to_id,
        previous_family_id as from_id,
        mint_key is not null as is_minted,
        registry_run,
        as_of_date
    from family_ids
),

-- Which id each member bore from which run to which.
borne as (
    select
        id_kind,
        member_key,
        to_id as borne_id,
        registry_run as from_run,
        lead(registry_run) over (partition by id_kind, member_key order by registry_run) as to_run
    from registry
),

moves as (
    select
        id_kind,
        from_id,
        to_id,
        registry_run,
        as_of_date,
        max(case when is_minted then 1 else 0 end) = 1 as is_to_new_id,
        count(*) as n_moved
    from registry
    where from_id is not null
    group by id_kind, from_id, to_id, registry_run, as_of_date
),

-- Whether anyone still bears the old id after the run.
lasting as (
    select distinct
        moves.id_kind,
        moves.from_id,
        moves.registry_run
    from moves
    inner join borne
        on
            moves.id_kind = borne.id_kind
            and moves.from_id = borne.borne_id
            and moves.registry_run >= borne.from_run
            and (borne.to_run is null or moves.registry_run < borne.to_run)
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["moves.id_kind", "moves.from_id", "moves.to_id", "moves.registry_run"]
        ) }} as identity_change_id,
        moves.id_kind,
        case
            when moves.is_to_new_id then 'split'
            when lasting.from_id is null then 'merge'
            else 'transfer'
        end as change_kind,
        case when moves.id_kind = 'person' then moves.from_id end as from_person_id,
        case when moves.id_kind = 'person' then moves.to_id end as to_person_id,
        case when moves.id_kind = 'family' then moves.from_id end as from_family_id,
        case when moves.id_kind = 'family' then moves.to_id end as to_family_id,
        cast(moves.n_moved as integer) as n_moved,
        moves.registry_run,
        moves.as_of_date,
        'official_sensitive' as handling,
        'personal' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from moves
    left join lasting
        on
            moves.id_kind = lasting.id_kind
            and moves.from_id = lasting.from_id
            and moves.registry_run = lasting.registry_run
)

select * from final

{#-
    The rows by which a lasting registry of ids grows: one per member whose id is new or other than
    before. The registry is the model that calls this: incremental, never refreshed, only appended.

    An id goes to the cluster that holds most of the members it last had; a cluster to which several
    ids go keeps the one it shares most members with; a cluster without an id gets a new one, made
    of its smallest mint_key and of how often that key has been used before, so that an id is never
    given twice. The first run, and a member never seen, are no special case.

    members: name of a CTE with member_key, cluster_key and mint_key (of a source row, so that a new
        id does not depend on how clusters are numbered).
    kind: what the ids are of; a prefix in the hash, so that kinds never share an id.
    as_of_date: SQL for the date of the data.
-#}
{%- macro ids_registered(members, kind, as_of_date) -%}
registry as (
    {%- if is_incremental() %}
    select * from {{ this }}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as registration_key,
        cast(null as {{ dbt.type_string() }}) as member_key,
        cast(null as {{ dbt.type_string() }}) as {{ kind }}_id,
        cast(null as {{ dbt.type_string() }}) as previous_{{ kind }}_id,
        cast(null as {{ dbt.type_string() }}) as mint_key,
        cast(null as integer) as mint_number,
        cast(null as integer) as registry_run,
        cast(null as date) as as_of_date
    where false
    {%- endif %}
),

registry_ranked as (
    select
        member_key,
        {{ kind }}_id,
        row_number() over (partition by member_key order by registry_run desc) as nth_latest
    from registry
),

registry_latest as (
    select member_key, {{ kind }}_id
    from registry_ranked
    where nth_latest = 1
),

shared_members as (
    select
        {{ members }}.cluster_key,
        registry_latest.{{ kind }}_id,
        count(*) as n_members
    from {{ members }}
    inner join registry_latest on {{ members }}.member_key = registry_latest.member_key
    group by {{ members }}.cluster_key, registry_latest.{{ kind }}_id
),

shared_by_id as (
    select
        cluster_key,
        {{ kind }}_id,
        n_members,
        row_number() over (
            partition by {{ kind }}_id order by n_members desc, cluster_key
        ) as nth_cluster_of_id
    from shared_members
),

shared_by_cluster as (
    select
        cluster_key,
        {{ kind }}_id,
        row_number() over (
            partition by cluster_key order by n_members desc, {{ kind }}_id
        ) as nth_id_of_cluster
    from shared_by_id
    where nth_cluster_of_id = 1
),

mint_numbers as (
    select mint_key, max(mint_number) + 1 as next_mint_number
    from registry
    group by mint_key
),

clusters as (
    select cluster_key, min(mint_key) as mint_key
    from {{ members }}
    group by cluster_key
),

clusters_named as (
    select
        clusters.cluster_key,
        shared_by_cluster.{{ kind }}_id as kept_id,
        clusters.mint_key,
        coalesce(mint_numbers.next_mint_number, 0) as mint_number
    from clusters
    left join shared_by_cluster
        on clusters.cluster_key = shared_by_cluster.cluster_key
        and shared_by_cluster.nth_id_of_cluster = 1
    left join mint_numbers on clusters.mint_key = mint_numbers.mint_key
),

members_named as (
    select
        {{ members }}.member_key,
        coalesce(
            clusters_named.kept_id,
            {{ dbt.hash(
                "'" ~ kind ~ "|' || clusters_named.mint_key || '|' || cast(clusters_named.mint_number as "
                ~ dbt.type_string() ~ ")"
            ) }}
        ) as {{ kind }}_id,
        registry_latest.{{ kind }}_id as previous_{{ kind }}_id,
        case when clusters_named.kept_id is null then clusters_named.mint_key end as mint_key,
        case when clusters_named.kept_id is null then clusters_named.mint_number end as mint_number
    from {{ members }}
    inner join clusters_named on {{ members }}.cluster_key = clusters_named.cluster_key
    left join registry_latest on {{ members }}.member_key = registry_latest.member_key
),

registry_runs as (
    select coalesce(max(registry_run), 0) + 1 as registry_run
    from registry
),

registered as (
    select
        {{ dbt_utils.generate_surrogate_key(["members_named.member_key", "registry_runs.registry_run"]) }}
            as registration_key,
        members_named.member_key,
        members_named.{{ kind }}_id,
        members_named.previous_{{ kind }}_id,
        members_named.mint_key,
        cast(members_named.mint_number as integer) as mint_number,
        cast(registry_runs.registry_run as integer) as registry_run,
        {{ as_of_date }} as as_of_date
    from members_named
    cross join registry_runs
    where members_named.previous_{{ kind }}_id is null
        or members_named.previous_{{ kind }}_id <> members_named.{{ kind }}_id
)
{%- endmacro -%}

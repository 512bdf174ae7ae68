with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

pupil_contacts as (
    select * from {{ ref("stg_bristol_education__pupil_contacts") }}
),

social_care_relationships as (
    select * from {{ ref("stg_bristol_social_care__relationships") }}
),

occupants as (
    select * from {{ ref("stg_bristol_housing__occupants") }}
),

benefits as (
    select * from {{ ref("stg_dwp__benefits") }}
),

council_tax as (
    select * from {{ ref("stg_bristol_revenues__council_tax") }}
),

somerset_members as (
    select * from {{ ref("stg_somerset_children__family_members") }}
),

somerset_accounts as (
    select * from {{ ref("stg_somerset_housing__accounts") }}
),

from_pupil_contacts as (
    select
        'bristol_education' as source_system,
        'pupils' as extract_l,
        pupil_id as local_person_id_l,
        'pupil_contacts' as extract_r,
        pupil_id || '|' || cast(contact_number as {{ dbt.type_string() }}) as local_person_id_r,
        relationship as recorded_relation,
        false as is_household,
        known_from_date as from_date,
        cast(null as date) as to_date,
        known_from_date,
        known_to_date,
        source_row_key
    from pupil_contacts
),

from_social_care as (
    select
        'bristol_social_care' as source_system,
        'persons' as extract_l,
        social_care_id as local_person_id_l,
        'persons' as extract_r,
        related_social_care_id as local_person_id_r,
        relationship as recorded_relation,
        false as is_household,
        coalesce(from_date, known_from_date) as from_date,
        to_date,
        known_from_date,
        known_to_date,
        source_row_key
    from social_care_relationships
),

-- Everyone in a tenancy is held by the relation to the tenant.
from_tenancies as (
    select
        'bristol_housing' as source_system,
        'occupants' as extract_l,
        tenants.tenancy_id || '|' || cast(tenants.occupant_number as {{ dbt.type_string() }})
            as local_person_id_l,
        'occupants' as extract_r,
        members.tenancy_id || '|' || cast(members.occupant_number as {{ dbt.type_string() }})
            as local_person_id_r,
        members.relation_to_tenant as recorded_relation,
        true as is_household,
        coalesce(members.from_date, members.known_from_date) as from_date,
        members.to_date,
        {{ later_of("members.known_from_date", "tenants.known_from_date") }}
            as known_from_date,
        {{ earlier_of("members.known_to_date", "tenants.known_to_date") }}
            as known_to_date,
        members.source_row_key
    from occupants as members
    inner join occupants as tenants
        on
            members.tenancy_id = tenants.tenancy_id
            and tenants.relation_to_tenant = 'tenant'
            and {{ known_together("members", "tenants") }}
    where members.relation_to_tenant <> 'tenant'
),

from_benefits as (
    select
        'dwp' as source_system,
        'benefits' as extract_l,
        claimants.claim_id || '|' || cast(claimants.claimant_number as {{ dbt.type_string() }})
            as local_person_id_l,
        'benefits' as extract_r,
        members.claim_id || '|' || cast(members.claimant_number as {{ dbt.type_string() }})
            as local_person_id_r,
        members.claimant_role as recorded_relation,
        true as is_household,
        coalesce(members.start_date, members.known_from_date) as from_date,
        members.end_date as to_date,
        {{ later_of("members.known_from_date", "claimants.known_from_date") }}
            as known_from_date,
        {{ earlier_of("members.known_to_date", "claimants.known_to_date") }}
            as known_to_date,
        members.source_row_key
    from benefits as members
    inner join benefits as claimants
        on
            members.claim_id = claimants.claim_id
            and claimants.claimant_role = 'claimant'
            and {{ known_together("members", "claimants") }}
    where members.claimant_role <> 'claimant'
),

-- Two who are liable for one home together are, but for joint tenants, a couple (Local Government
-- Finance Act 1992, sections 6 and 9).
from_council_tax as (
    select
        'bristol_revenues' as source_system,
        'council_tax' as extract_l,
        first_liable.account_id
        || '|' || cast(first_liable.liable_number as {{ dbt.type_string() }}) as local_person_id_l,
        'council_tax' as extract_r,
        second_liable.account_id
        || '|' || cast(second_liable.liable_number as {{ dbt.type_string() }}) as local_person_id_r,
        'partner' as recorded_relation,
        true as is_household,
        coalesce(second_liable.from_date, second_liable.known_from_date) as from_date,
        second_liable.to_date,
        {{ later_of("second_liable.known_from_date", "first_liable.known_from_date") }}
            as known_from_date,
        {{ earlier_of("second_liable.known_to_date", "first_liable.known_to_date") }}
            as known_to_date,
        second_liable.source_row_key
    from council_tax as second_liable
    inner join council_tax as first_liable
        on
            second_liable.account_id = first_liable.account_id
            and first_liable.liable_number = 1
            and {{ known_together("second_liable", "first_liable") }}
    where second_liable.liable_number = 2
),

-- The programme says what each member is to the child of the household.
from_somerset_households as (
    select
        'somerset_children' as source_system,
        'people' as extract_l,
        children.somerset_id as local_person_id_l,
        'people' as extract_r,
        members.somerset_id as local_person_id_r,
        case
            when members.member_type = 'child' then 'sibling' else members.member_type
        end as recorded_relation,
        true as is_household,
        case
            when children.from_date > members.from_date then children.from_date
            else members.from_date
        end as from_date,
        case
            when children.to_date < coalesce(members.to_date, children.to_date)
                then children.to_date
            else coalesce(members.to_date, children.to_date)
        end as to_date,
        {{ later_of("members.known_from_date", "children.known_from_date") }}
            as known_from_date,
        {{ earlier_of("members.known_to_date", "children.known_to_date") }}
            as known_to_date,
        members.source_row_key
    from somerset_members as members
    inner join somerset_members as children
        on
            members.household_id = children.household_id
            and children.member_type = 'child'
            and {{ known_together("members", "children") }}
            and members.somerset_id <> children.somerset_id
    where members.member_type <> 'child' or members.somerset_id > children.somerset_id
),

from_somerset_accounts as (
    select
        'somerset_housing' as source_system,
        'accounts' as extract_l,
        tenants.account_id || '|' || cast(tenants.person_number as {{ dbt.type_string() }})
            as local_person_id_l,
        'accounts' as extract_r,
        members.account_id || '|' || cast(members.person_number as {{ dbt.type_string() }})
            as local_person_id_r,
        members.relation_to_tenant as recorded_relation,
        true as is_household,
        coalesce(members.start_date, members.known_from_date) as from_date,
        members.end_date as to_date,
        {{ later_of("members.known_from_date", "tenants.known_from_date") }}
            as known_from_date,
        {{ earlier_of("members.known_to_date", "tenants.known_to_date") }}
            as known_to_date,
        members.source_row_key
    from somerset_accounts as members
    inner join somerset_accounts as tenants
        on
            members.account_id = tenants.account_id
            and tenants.relation_to_tenant = 'tenant'
            and {{ known_together("members", "tenants") }}
    where members.relation_to_tenant <> 'tenant'
),

unioned as (
    select * from from_pupil_contacts
    union all
    select * from from_social_care
    union all
    select * from from_tenancies
    union all
    select * from from_benefits
    union all
    select * from from_council_tax
    union all
    select * from from_somerset_households
    union all
    select * from from_somerset_accounts
),

identified as (
    select
        persons_l.person_id as person_id_l,
        persons_r.person_id as person_id_r,
        unioned.source_system,
        unioned.is_household,
        unioned.from_date,
        unioned.to_date,
        unioned.known_from_date,
        unioned.known_to_date,
        unioned.source_row_key,
        case
            when unioned.recorded_relation in ('mother', 'father', 'step_parent', 'parent', 'child')
                then 'parent'
            when unioned.recorded_relation in ('sibling', 'partner', 'grandparent')
                then unioned.recorded_relation
        end as relation
    from unioned
    inner join source_persons as persons_l
        on
            unioned.source_system = persons_l.source_system
            and unioned.extract_l = persons_l.source_extract
            and unioned.local_person_id_l = persons_l.local_person_id
    inner join source_persons as persons_r
        on
            unioned.source_system = persons_r.source_system
            and unioned.extract_r = persons_r.source_extract
            and unioned.local_person_id_r = persons_r.local_person_id
),

-- Two records of one person in a source can tell one relation twice.
final as (
    select distinct
        {{ dbt_utils.generate_surrogate_key([
            "source_row_key", "person_id_l", "person_id_r", "relation", "from_date", "to_date",
            "known_from_date", "known_to_date",
        ]) }} as relation_key,
        *
    from identified
    where relation is not null and person_id_l <> person_id_r
)

select * from final

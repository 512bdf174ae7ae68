-- An id is made once, of one source row and count: never again, not even for the same person.
with person_ids as (
    select * from {{ ref("int_identity__person_ids_registered") }}
),

family_ids as (
    select * from {{ ref("int_identity__family_ids_registered") }}
),

made as (
    select distinct
        person_id as made_id,
        mint_key,
        mint_number,
        registry_run
    from person_ids
    where mint_key is not null
    union all
    select distinct
        family_id as made_id,
        mint_key,
        mint_number,
        registry_run
    from family_ids
    where mint_key is not null
)

select made_id
from made
group by made_id
having count(*) > 1

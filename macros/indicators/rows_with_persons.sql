{#-
    The rows of a staging model with the person each is of; null where linkage holds no such person.

    model: the staging model.
    local_id: expression of the id by which the person's own system numbers the person.
    person_system, person_extract: where persons are numbered so, as in
        int_identity__source_persons_identified, which must stand as the CTE source_persons.
-#}
{%- macro rows_with_persons(model, local_id, person_system, person_extract) -%}
select
    staged.*,
    source_persons.person_id
from {{ ref(model) }} as staged
left join source_persons
    on
        source_persons.source_system = '{{ person_system }}'
        and source_persons.source_extract = '{{ person_extract }}'
        and source_persons.local_person_id = {{ local_id }}
{%- endmacro -%}

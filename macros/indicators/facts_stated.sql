{#-
    What the rows of one extract state of persons, one select per attribute, all with the columns of
    int_indicators__facts_gathered. Which of it is an indicator is said by the seed indicator_source.

    system, extract: the extract, as of the contract.
    relation: a CTE of its rows with person_id, source_row_key, version_number, recorded_date,
        known_from_date and known_to_date.
    attributes: a list of what is stated. Each has `attribute`, and as expressions: `from_date` (day
        on which it happened or began; where it is missing, the day it was known) and, where there
        are such, `value` (a word), `measure` (a number), `to_date` (day from which it no longer
        held), `detail` (a word to show), `event_key` (what tells one event from another, where one
        may stand in several rows) and `where` (which rows state it).
    known_from: expression of the day from which the row was known.
-#}
{%- macro facts_stated(system, extract, relation, attributes, known_from="known_from_date") -%}
{%- for stated in attributes %}
select
    '{{ system }}' as source_system,
    '{{ extract }}' as source_extract,
    source_row_key,
    version_number,
    person_id,
    cast({{ stated.get("event_key", "source_row_key") }} as {{ dbt.type_string() }}) as event_key,
    '{{ stated.attribute }}' as attribute,
    cast({{ stated.get("value", "null") }} as {{ dbt.type_string() }}) as value,
    cast({{ stated.get("measure", "null") }} as {{ type_double() }}) as measure,
    cast({{ stated.get("detail", "null") }} as {{ dbt.type_string() }}) as detail,
    coalesce({{ stated.from_date }}, {{ known_from }}) as from_date,
    cast({{ stated.get("to_date", "null") }} as date) as to_date,
    recorded_date,
    {{ known_from }} as known_from_date,
    known_to_date
from {{ relation }}
    {%- if "where" in stated %}
where {{ stated.where }}
    {%- endif %}
    {%- if not loop.last %}
union all
    {%- endif %}
{%- endfor %}
{%- endmacro -%}

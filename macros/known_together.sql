{#-
    Whether two rows were ever known on one day; for the condition of a join.

    first, second: names of relations with known_from_date and known_to_date.
-#}
{%- macro known_together(first, second) -%}
(
    {{ first }}.known_to_date is null
    or {{ first }}.known_to_date > {{ second }}.known_from_date
)
and (
    {{ second }}.known_to_date is null
    or {{ first }}.known_from_date < {{ second }}.known_to_date
)
{%- endmacro -%}

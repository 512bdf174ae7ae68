{#-
    Whether a row was known on a day.

    relation: name of a relation with known_from_date and known_to_date; on_date: an expression of a
        date.
-#}
{%- macro known_on(relation, on_date) -%}
{{ on_date }} >= {{ relation }}.known_from_date
and ({{ relation }}.known_to_date is null or {{ on_date }} < {{ relation }}.known_to_date)
{%- endmacro -%}

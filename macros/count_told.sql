{#-
    A count, or nothing where it is of fewer people than may be told.

    count: an expression of a count of people.
-#}
{%- macro count_told(count) -%}
case when {{ count }} >= {{ var("least_count_told") }} then {{ count }} end
{%- endmacro -%}

{#
    Spark's own, which gives an empty text where there is no such part, as the other engines do; that
    of dbt-spark stops there.
#}
{% macro pyspark__split_part(string_text, delimiter_text, part_number) %}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{% endmacro %}

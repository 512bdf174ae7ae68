{#
    A table: that of dbt-spark where a SQL model makes it. Below the code of a Python model stands
    where its result goes.
#}
{% macro pyspark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if language == 'sql' -%}
        {{ return(spark__create_table_as(temporary, relation, compiled_code, language)) }}
    {%- endif %}
{{ compiled_code }}
dbt_target = dict(
    name={{ relation.render() | tojson }},
    file_format={{ config.get('file_format', 'parquet') | tojson }},
)
{%- endmacro %}

{#
    Seeds are those of dbt-spark, but for the types of their columns, which Spark may call by another
    name.
#}
{% macro pyspark__create_csv_table(model, agate_table) %}
    {{ return(spark__create_csv_table(pyspark__typed(model), agate_table)) }}
{% endmacro %}

{% macro pyspark__load_csv_rows(model, agate_table) %}
    {{ return(spark__load_csv_rows(pyspark__typed(model), agate_table)) }}
{% endmacro %}

{# A seed with the types of its columns as Spark calls them. model: the seed. #}
{% macro pyspark__typed(model) %}
    {% set types = {} %}
    {% for column, type in model['config'].get('column_types', {}).items() %}
        {% do types.update({column: api.Column.translate_type(type)}) %}
    {% endfor %}
    {{ return(dict(model, config=dict(model['config'], column_types=types))) }}
{% endmacro %}

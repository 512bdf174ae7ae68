{#
    A view that stands is changed in place. dbt would make another and drop the old one, and with it,
    without a word, every view that stands on it. Where the columns are to be others, Postgres leaves
    no other way, and what stood on the view is gone until it is built again.
#}
{% materialization view, adapter='pypostgres' %}
    {% set existing_relation = load_cached_relation(this) %}
    {% if existing_relation is none or not existing_relation.is_view %}
        {{ return(materialization_view_default()) }}
    {% endif %}

    {% set target_relation = this.incorporate(type='view') %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if not pypostgres__has_columns_of(existing_relation, sql) %}
        {% do adapter.drop_relation(existing_relation) %}
    {% endif %}
    {% call statement('main') -%}
        {{ get_replace_view_sql(target_relation, sql) }}
    {%- endcall %}

    {% set should_revoke = should_revoke(existing_relation, full_refresh_mode=True) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}

    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
    Whether a view has the columns that a query gives: names, order and types. Begins a transaction.

    view: the relation.
    sql: the query.
#}
{% macro pypostgres__has_columns_of(view, sql) %}
    {% set probe = make_temp_relation(view) %}
    {% call statement() -%}
        create temporary view {{ probe }} as ({{ sql }})
    {%- endcall %}
    {% call statement('columns', fetch_result=True) -%}
        select cast(array_agg(row(attname, atttypid, atttypmod, attcollation) order by attnum) as text)
        from pg_catalog.pg_attribute
        where attrelid in (cast('{{ view }}' as regclass), cast('{{ probe }}' as regclass))
        group by attrelid
    {%- endcall %}
    {% call statement() -%}
        drop view {{ probe }}
    {%- endcall %}
    {{ return(load_result('columns').table.columns[0].values() | unique | list | length == 1) }}
{% endmacro %}

{#
    A table of a SQL model is that of dbt itself. The result of a Python model comes as a table of
    another name, in a transaction of its own, and takes its place in one of dbt: a model that fails
    leaves the last table as it was. What pre-hooks do is committed before the model runs.
#}
{% materialization table, adapter='pypostgres', supported_languages=['sql', 'python'] %}
    {% if model['language'] == 'sql' %}
        {{ return(materialization_table_default()) }}
    {% endif %}

    {% set existing_relation = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set intermediate_relation = make_intermediate_relation(target_relation) %}
    {% set backup_relation = make_backup_relation(
        target_relation, existing_relation.type if existing_relation else 'table'
    ) %}

    {% do pypostgres__drop_leftovers([intermediate_relation, backup_relation]) %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language='python') -%}
        {{- py_write_table(compiled_code, intermediate_relation) }}
    {%- endcall %}

    {% do create_indexes(intermediate_relation) %}
    {% do pypostgres__swap_in(intermediate_relation, target_relation, backup_relation) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% set should_revoke = should_revoke(existing_relation, full_refresh_mode=True) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke) %}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}

    {% do drop_relation_if_exists(backup_relation) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

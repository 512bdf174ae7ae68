{#
    An incremental table of a SQL model is that of dbt itself. The rows of a Python model come as a
    table of their own first; dbt then adds them to the target, or puts that table in its place, in
    one transaction. The strategies are those of dbt-postgres but for microbatch, whose batches
    dbt.ref does not know.
#}
{% materialization incremental, adapter='pypostgres', supported_languages=['sql', 'python'] %}
    {% if model['language'] == 'sql' %}
        {{ return(materialization_incremental_default()) }}
    {% endif %}

    {% set existing_relation = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set new_relation = make_intermediate_relation(target_relation) %}
    {% set backup_relation = make_backup_relation(
        target_relation, existing_relation.type if existing_relation else 'table'
    ) %}
    {% set replaces = (
        existing_relation is none or existing_relation.type != 'table' or should_full_refresh()
    ) %}
    {% set on_schema_change = incremental_validate_on_schema_change(
        config.get('on_schema_change'), default='ignore'
    ) %}
    {% set strategy = config.get('incremental_strategy') or 'default' %}
    {% if strategy == 'microbatch' %}
        {% do exceptions.raise_compiler_error(
            'A Python model has no microbatches: use append, delete+insert or merge.'
        ) %}
    {% endif %}
    {% set strategy_sql = adapter.get_incremental_strategy_macro(context, strategy) %}

    {% do pypostgres__drop_leftovers([new_relation, backup_relation]) %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language='python') -%}
        {{- py_write_table(compiled_code, new_relation) }}
    {%- endcall %}

    {% if replaces %}
        {% do create_indexes(new_relation) %}
        {% do pypostgres__swap_in(new_relation, target_relation, backup_relation) %}
    {% else %}
        {% do adapter.expand_target_column_types(
            from_relation=new_relation, to_relation=target_relation
        ) %}
        {% set columns = process_schema_changes(on_schema_change, new_relation, existing_relation) %}
        {% call statement('merge') -%}
            {{ strategy_sql({
                'target_relation': target_relation,
                'temp_relation': new_relation,
                'unique_key': config.get('unique_key'),
                'dest_columns': columns or adapter.get_columns_in_relation(existing_relation),
                'incremental_predicates': (
                    config.get('predicates') or config.get('incremental_predicates')
                ),
            }) }}
        {%- endcall %}
        {% do adapter.drop_relation(new_relation) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% set should_revoke = should_revoke(existing_relation, full_refresh_mode=replaces) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke) %}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}

    {% if replaces %}
        {% do drop_relation_if_exists(backup_relation) %}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

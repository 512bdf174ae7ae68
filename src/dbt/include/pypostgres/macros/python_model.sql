{#
    What stands below the code of a Python model: where its result goes.

    compiled_code: the model, with what dbt adds to it.
    relation: the table to make; it must not exist.
#}
{% macro py_write_table(compiled_code, relation) -%}
{{ compiled_code }}
dbt_target = dict(
    schema={{ relation.schema | tojson }},
    table={{ relation.identifier | tojson }},
    unlogged={{ 'True' if config.get('unlogged', false) else 'False' }},
)
{%- endmacro %}


{#
    Drops what an earlier run of a model left behind because it was cut off.

    relations: the relations that bear the names this run is about to use.
#}
{% macro pypostgres__drop_leftovers(relations) %}
    {% for relation in relations %}
        {% do drop_relation_if_exists(load_cached_relation(relation)) %}
    {% endfor %}
{% endmacro %}


{#
    Puts a finished table in the place of the relation that stands there, if any.

    intermediate_relation: the finished table.
    target_relation: where it goes.
    backup_relation: name for what stands there; to be dropped after the commit.
#}
{% macro pypostgres__swap_in(intermediate_relation, target_relation, backup_relation) %}
    {% set existing_relation = load_cached_relation(target_relation) %}
    {% if existing_relation is not none %}
        {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% endif %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
{% endmacro %}

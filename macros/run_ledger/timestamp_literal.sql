{#- SQL for an instant, as a timestamp of UTC. value: a datetime with a zone. -#}
{%- macro timestamp_literal(value) -%}
    {%- set utc = value.astimezone(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S.%f") -%}
    {{ return("cast('" ~ utc ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{%- endmacro -%}

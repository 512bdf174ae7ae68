{#
    Keeps other builds and loads out of the database until this run of dbt ends, or stops the run
    when one is at work there. What changes nothing, as tests do, may run beside a build. Run at the
    start of every run; renders nothing. DuckDB needs none of it: it locks its file by itself.
#}
{%- macro hold_database() -%}
    {%- if execute and flags.WHICH in ("build", "run", "retry", "seed", "snapshot") -%}
        {%- do adapter.dispatch("hold_database", "think_family")() -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__hold_database() -%}
{%- endmacro -%}

{%- macro pypostgres__hold_database() -%}
    {%- do adapter.hold_database(invocation_id) -%}
{%- endmacro -%}

{#- Whether this invocation builds models: what else dbt does leaves no run in the ledger. -#}
{%- macro is_run() -%}
    {{ return(flags.WHICH in ("build", "run", "retry")) }}
{%- endmacro -%}

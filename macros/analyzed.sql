{#-
    SQL, for a post-hook, that counts what a table holds, so that the engine plans well what is read
    of it next; nothing on engines that count as they write, and for views.
-#}
{%- macro analyzed() -%}
    {%- if model.config.materialized != "view" -%}
        {{ return(adapter.dispatch("analyzed", "think_family")()) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__analyzed() -%}
{%- endmacro -%}

{%- macro postgres__analyzed() -%}
analyze {{ this }}
{%- endmacro -%}

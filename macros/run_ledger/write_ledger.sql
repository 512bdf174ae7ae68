{#-
    Runs statements in one transaction: a run that is killed between two of them leaves none of them.

    statements: SQL, in order.
-#}
{%- macro write_ledger(statements) -%}
    {%- for sql in statements -%}
        {%- call statement("write_ledger", auto_begin=true) -%}
            {{ sql }}
        {%- endcall -%}
    {%- endfor -%}
    {%- do adapter.commit() -%}
{%- endmacro -%}

{#-
    A cast that gives null where the text does not fit. An engine's own cast error would print the
    value, which may be a person's. expression: text; type: the type to cast to.
-#}
{%- macro cast_guarded(expression, type) -%}
    {{ return(adapter.dispatch("cast_guarded", "think_family")(text_cleaned(expression), type)) }}
{%- endmacro -%}

{%- macro default__cast_guarded(expression, type) -%}
try_cast({{ expression }} as {{ type }})
{%- endmacro -%}

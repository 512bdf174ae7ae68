{#-
    A person's name in one spelling: upper case, plain letters, single spaces, hyphens and
    apostrophes kept; null where nothing is left.
-#}
{%- macro name_normalised(column) -%}
nullif(trim({{ regexp_replaced(
    "translate(upper(" ~ column ~ "), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ`’', 'AAAAAACEEEEIIIINOOOOOUUUUY''''')",
    "[^A-Z''-]+",
    " "
) }}), '')
{%- endmacro -%}

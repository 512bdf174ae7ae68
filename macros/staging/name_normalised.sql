{#-
    A person's name in one spelling: upper case, plain letters, single spaces, hyphens and
    apostrophes kept; null where nothing is left. Engines differ in the capital of ß.
-#}
{%- macro name_normalised(column) -%}
nullif(trim({{ regexp_replaced(
    "translate(upper(replace(" ~ column ~ ", 'ß', 'ss')), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ`’', 'AAAAAACEEEEIIIINOOOOOUUUUY''''')",
    "[^A-Z''-]+",
    " "
) }}), '')
{%- endmacro -%}

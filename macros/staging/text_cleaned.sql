{#-
    Text without white space around it; null where nothing is left. The white space is named: what
    plain trim() takes differs between engines, and none of them takes a tab or a line break. The
    last one is the space that spreadsheets and web pages put where no line may break.

    column: an expression of text.
-#}
{%- macro text_cleaned(column) -%}
nullif(trim(both ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) from {{ column }}), '')
{%- endmacro -%}

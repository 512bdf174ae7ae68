{#-
    A date read from text; null where the text is not a full date in the stated format. Years of two
    digits are not guessed, also where they came as 0012; a year before 1000 is no one's.

    column: an expression of text.
    format: iso (YYYY-MM-DD), dmy (DD/MM/YYYY) or dmon (DD-MON-YYYY).
-#}
{%- macro date_guarded(column, format) -%}
{%- set text = text_cleaned(column) -%}
{%- if format == "iso" -%}
case when {{ matches(text, "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$") }} then {{ cast_guarded(column, "date") }} end
{%- elif format == "dmy" -%}
case
    when {{ matches(text, "^[0-9]{2}/[0-9]{2}/[1-9][0-9]{3}$") }}
        then {{ cast_guarded("substr(" ~ text ~ ", 7, 4) || '-' || substr(" ~ text ~ ", 4, 2) || '-' || substr(" ~ text ~ ", 1, 2)", "date") }}
end
{%- elif format == "dmon" -%}
case
    when {{ matches(text, "^[0-9]{2}-[A-Za-z]{3}-[1-9][0-9]{3}$") }}
        then {{ cast_guarded("substr(" ~ text ~ ", 8, 4) || '-' || " ~ month_number("substr(" ~ text ~ ", 4, 3)") ~ " || '-' || substr(" ~ text ~ ", 1, 2)", "date") }}
end
{%- else -%}
    {{ exceptions.raise_compiler_error("date_guarded: unknown format '" ~ format ~ "'; use iso, dmy or dmon") }}
{%- endif -%}
{%- endmacro -%}

{#- The two-digit number of a month from its three English letters; '00' where there is none. -#}
{%- macro month_number(expression) -%}
lpad(cast(cast(floor((position('.' || upper({{ expression }}) in '.JAN.FEB.MAR.APR.MAY.JUN.JUL.AUG.SEP.OCT.NOV.DEC') + 3) / 4) as integer) as {{ dbt.type_string() }}), 2, '0')
{%- endmacro -%}

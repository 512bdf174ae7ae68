{#-
    The day from which a version of a row was known. The first version was known from the day its
    agency recorded it (the day of delivery where that is missing or lies after it); a later version
    only from the delivery that brought it, however early the thing happened.
-#}
{%- macro known_from_date() -%}
case
    when version_number = 1 and recorded_date <= extract_date then recorded_date
    else extract_date
end
{%- endmacro -%}

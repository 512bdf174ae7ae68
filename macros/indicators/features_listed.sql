{#-
    The features of int_features__features_catalogued that stand for an indicator, as a list of
    dictionaries; nothing while the table is not built, as when SQL is only checked for its style.
    A unit test overrides it with a list of its own.
-#}
{%- macro features_listed() -%}
    {%- set features = [] -%}
    {#- Without ref's own limits (--empty, --sample): the columns are the same on no rows. -#}
    {%- set catalogued = ref("int_features__features_catalogued") -%}
    {%- set catalogue = load_relation(catalogued) if execute -%}
    {%- if catalogue -%}
        {%- set listed = run_query(
            "select feature, indicator_code, scope, measure, is_zero_when_none, harm, network_scope,"
            ~ " basis from "
            ~ catalogue.render() ~ " order by position"
        ) -%}
        {%- for row in listed.rows -%}
            {%- do features.append({
                "feature": row[0], "indicator_code": row[1], "scope": row[2], "measure": row[3],
                "is_zero_when_none": row[4], "harm": row[5], "network_scope": row[6],
                "basis": row[7],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(features) }}
{%- endmacro -%}

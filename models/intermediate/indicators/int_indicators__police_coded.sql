{{ config(materialized="view") }}
{{ facts_coded("int_indicators__police_facts_recorded", "official_sensitive") }}

{{ facts_coded("int_indicators__intelligence_facts_recorded", "restricted") }}

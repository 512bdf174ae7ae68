{{ facts_coded("int_indicators__facts_gathered", "official_sensitive") }}

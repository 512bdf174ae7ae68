{{ gate_judged("person_records") }}

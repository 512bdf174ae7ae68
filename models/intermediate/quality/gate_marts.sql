{{ gate_judged("marts") }}

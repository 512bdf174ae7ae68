{{ gate_judged("identity") }}

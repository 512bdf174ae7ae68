{{ gate_judged("response") }}

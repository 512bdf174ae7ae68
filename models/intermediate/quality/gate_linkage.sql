{{ gate_judged("linkage") }}

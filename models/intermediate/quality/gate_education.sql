{{ gate_judged("education") }}

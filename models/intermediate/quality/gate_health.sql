{{ gate_judged("health") }}

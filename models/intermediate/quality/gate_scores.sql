{{ gate_judged("scores") }}

{{ gate_judged("housing") }}

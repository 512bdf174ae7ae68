{{ gate_judged("police") }}

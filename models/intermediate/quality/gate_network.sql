{{ gate_judged("network") }}

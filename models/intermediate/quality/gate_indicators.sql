{{ gate_judged("indicators") }}

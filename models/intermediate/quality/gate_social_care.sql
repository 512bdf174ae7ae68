{{ gate_judged("social_care") }}

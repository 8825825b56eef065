"""How a person trades: eight patterns with the evidence for each, a discipline score, and what a rule would have
changed.

It describes behaviour on the trades that were given; it diagnoses nobody. Eight tests on a small sample find something
by chance now and then, so every pattern says how many trades it rests on.
"""

"""What a portfolio is exposed to: allocation, concentration, a risk score, warnings with a number to act on.

`analyze` is the door. It describes holdings; it is not an assessment of what suits a person.
"""

"""Raw scores turned into probabilities by what earlier ones led to, and how good those probabilities were.

`outcomes` labels a signal by what its underlying did next; `mapping` fits raw score to probability; `walk` does it week
by week with nothing but what was known by then; `scores` judges the result.
"""

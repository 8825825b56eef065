"""MVLA: momentum-validated, loss-averse intraday signals for index options. Pure functions of their inputs.

`history.build` turns minute bars into causal columns, `analysis.analyse` reads them at an instant and answers with
direction, strength, filters, entry mode, confidence and three trades. `discipline` keeps the loss-averse state,
`outcomes` follows a signal to its end by rule. All numbers stand in `parameters`. Formulas: docs/engines/mvla.md.
"""

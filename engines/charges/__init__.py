"""Charges of Indian trades: dated tables, one integer function for kernels, Decimals for books.

Money inside is whole paise, rates are whole numbers per 10^9, rounding is half up: the same trade costs the same to
the paisa wherever it is computed.
"""

"""Facts and rules of the Indian exchanges: sessions, holidays, contracts, ticks, names.

Pure values and functions. Numbers that an exchange or the law may change sit in dated tables with their source and
are looked up by trade date. Instants are aware datetimes; trade dates are dates in India.
"""

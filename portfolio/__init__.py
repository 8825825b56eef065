"""Broker accounts' books: holdings, positions, orders, P&L, the risk gate, uploads, analysis."""

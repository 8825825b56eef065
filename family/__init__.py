"""Groups of people who let each other see their portfolios."""

"""How events look on the wire: bodies, signatures, headers. No database, no network."""

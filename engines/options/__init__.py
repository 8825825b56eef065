"""Option mathematics: European options on a forward (Black 1976)."""

"""F&O signals: gathering, scanning once a minute, following signals to their end, answering."""

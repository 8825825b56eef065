"""The I-Score as a service: inputs gathered as of a session, scores kept and told, answers for pages and the API."""

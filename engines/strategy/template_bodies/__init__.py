"""Bodies of the templates, by family."""

"""Pure computing: arrays and plain values in, plain values out. No framework, no clock, no I/O, no settings."""

"""Shared foundations: errors and their wire formats, clock, jobs, events, audit, money, outgoing HTTP."""

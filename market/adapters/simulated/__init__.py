"""The simulated exchange of `engines.simulation` as a source of market data."""

from market.adapters.simulated.adapter import SimulatedData

__all__ = ["SimulatedData"]

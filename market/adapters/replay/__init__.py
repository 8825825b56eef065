"""Recorded or imported bars played as if they happened now, at a chosen speed."""

from market.adapters.replay.adapter import ReplayData
from market.adapters.replay.recording import MemoryRecording, Recording

__all__ = ["MemoryRecording", "Recording", "ReplayData"]

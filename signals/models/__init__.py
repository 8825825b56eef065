"""Rows of the signals package, one module a noun."""

from signals.models.disclosure import FnoAcknowledgement
from signals.models.fno import FnoCandidate, FnoDayOpen, FnoEvent, FnoLatest, FnoScan, FnoSignal
from signals.models.fno_replay import FnoAlarm, FnoCalibrator, FnoReplayRun, FnoReplaySignal
from signals.models.iscore import DailyCount, IScoreSnapshot, IScoreStanding, IScoreValidation, NewsArticle
from signals.models.notices import NoticeMark
from signals.models.patterns import PatternScan, PatternSignal
from signals.models.record import RecordEntry, RecordHead
from signals.models.strategies import Strategy, StrategyVersion

__all__ = [
    "DailyCount",
    "FnoAcknowledgement",
    "FnoAlarm",
    "FnoCalibrator",
    "FnoCandidate",
    "FnoDayOpen",
    "FnoEvent",
    "FnoLatest",
    "FnoReplayRun",
    "FnoReplaySignal",
    "FnoScan",
    "FnoSignal",
    "IScoreSnapshot",
    "IScoreStanding",
    "IScoreValidation",
    "NewsArticle",
    "NoticeMark",
    "PatternScan",
    "PatternSignal",
    "RecordEntry",
    "RecordHead",
    "Strategy",
    "StrategyVersion",
]

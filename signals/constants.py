"""Names and limits of strategies."""

from typing import Final

NAME_LENGTH: Final = 120
HASH_LENGTH: Final = 64
MAX_STRATEGIES: Final = 500
MAX_VERSIONS: Final = 1_000
#: Marks the JSON of an exported strategy.
EXPORT_FORMAT: Final = "tradeplatform.strategy/1"

#: What a full replacement must name (CONTRACT 6); what else it leaves out returns to its default.
REPLACEMENT_KEYS: Final = (
    "name", "base_model", "entry_rules", "exit_rules", "addon_rules", "conviction_scoring", "config", "universe",
)  # fmt: skip

EVENT_SHARED: Final = "strategy.shared"
EVENT_UNSHARED: Final = "strategy.unshared"
EVENT_DELETED: Final = "strategy.deleted"

#: `core.DataVersion` rows: headlines, counts and fetched figures; stored I-Scores.
VERSION_ISCORE_INPUTS: Final = "signals.iscore_inputs"
VERSION_ISCORE: Final = "signals.iscore"

#: Events and lines of the Record about I-Scores.
EVENT_ISCORE_CHANGED: Final = "iscore.changed"
RECORD_TIER_CHANGED: Final = "iscore.tier_changed"

"""An analysis as plain JSON values, with every number the page shows, finite or null. Shape: docs/engines/mvla.md."""

from typing import Any

from engines.figures import number, plain
from engines.mvla import words
from engines.mvla.analysis import Analysis
from engines.mvla.filters import Check
from engines.mvla.trades import Trade
from engines.mvla.votes import FLAT


def payload(found: Analysis) -> dict[str, Any]:
    """Return the analysis part of ``/api/fno/live``; the service adds source, age, instants and calibration."""
    trust, money = found.confidence, found.money
    return {
        "trade_direction": found.trade_direction,
        "confidence": trust.published,
        "confidence_grade": trust.grade,
        "tier": trust.tier,
        "raw_confidence": number(trust.raw, 1),
        "probability": number(trust.probability, 4),
        "calibrated": trust.calibrated,
        "entry_mode": found.entry.mode,
        "entry_words": found.entry.why,
        "atm_strike": plain(money.atm),
        "strike_step": plain(money.step),
        "spot_price": number(found.spot, 2),
        "forward": number(money.forward, 2),
        "forward_source": money.forward_source or None,
        "actionable": found.actionable,
        "vetoes": [check.code for check in found.vetoes],
        "veto_words": [words.veto(check) for check in found.vetoes],
        "trades": [trade(one) for one in found.picked.trades],
        "layers": {"direction": direction(found), "strength": strength(found), "filters": filters(found)},
        "stop_distance": number(found.distance, 2),
        "size": found.discipline.size,
        "missing_inputs": list(found.missing_inputs),
        "missing_words": [words.missing(name) for name in found.missing_inputs],
        "profile": found.profile.value,
        "engine_version": found.engine_version,
        "params_hash": found.params_hash,
    }


def direction(found: Analysis) -> dict[str, Any]:
    """Return the direction layer."""
    way = found.direction
    return {
        "d": number(way.d, 4),
        "q": number(way.q, 4),
        "agreement": number(way.agreement, 4),
        "kept_minutes": number(found.kept_s / 60.0, 1),
        "votes": [
            {
                "name": vote.name,
                "label": words.VOTES[vote.name],
                "weight": vote.weight,
                "value": number(vote.value, 4),
                "contribution": None
                if vote.value is None or not way.q
                else number(vote.weight * vote.value / way.q, 4),
                "words": words.vote(vote.value),
                "facts": {key: number(value, 4) for key, value in vote.facts.items()},
            }
            for vote in way.votes
        ],
    }


def strength(found: Analysis) -> dict[str, Any]:
    """Return the strength layer."""
    return {
        "s": number(found.strength.s, 4),
        "coverage": number(found.strength.coverage, 4),
        "iv_rank": number(found.iv_rank, 1),
        "parts": [
            {
                "name": part.name,
                "label": words.STRENGTH[part.name],
                "weight": part.weight,
                "measure": number(part.measure, 4),
                "value": number(part.value, 4),
            }
            for part in found.strength.parts
        ],
    }


def filters(found: Analysis) -> dict[str, Any]:
    """Return the checks, the factors that soften, and the loss-averse state."""
    said = found.discipline
    soft = [
        {"code": one.code, "label": words.SOFTENERS[one.code], "factor": one.factor}
        for one in found.confidence.softeners
    ]
    if found.way != FLAT and found.direction.q < 1.0:
        soft.append({"code": "COVERAGE", "label": "Share of votes with data", "factor": number(found.direction.q, 4)})
    return {
        "checks": [_check(check) for check in found.checks],
        "softeners": soft,
        "discipline": {
            "triggers_today": said.triggers_today,
            "stops_today": said.stops_today,
            "day_r": number(said.day_r, 2),
            "week_r": number(said.week_r, 2),
            "size": said.size,
            "free_from_s": said.free_from_s,
        },
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "passed": check.passed,
        "measure": number(check.measure, 3),
        "limit": number(check.limit, 3),
        "unit": check.unit,
        "words": words.check_words(check),
    }


def trade(one: Trade) -> dict[str, Any]:
    """Return one trade."""
    return {
        "type": one.kind,
        "strike": plain(one.strike),
        "option_type": one.option_type,
        "tradingsymbol": one.tradingsymbol,
        "expiry": one.expiry.isoformat(),
        "ltp": number(one.ltp, 2),
        "bid": number(one.bid, 2),
        "ask": number(one.ask, 2),
        "oi": number(one.oi, 0),
        "volume": number(one.volume, 0),
        "iv": number(one.iv, 4),
        "iv_source": one.iv_source,
        "delta": number(one.delta, 4),
        "gamma": number(one.gamma, 6),
        "theta": number(one.theta, 2),
        "vega": number(one.vega, 2),
        "entry_price": number(one.levels.entry, 2),
        "sl": number(one.levels.sl, 2),
        "target": number(one.levels.target, 2),
        "rr_gross": number(one.levels.gross_rr, 3),
        "rr_net": number(one.net_rr, 3),
        "lot_size": one.lot,
        "cost_per_lot": number(one.cost_per_lot, 2),
        "max_loss_per_lot": number(one.max_loss_per_lot, 2),
        "reward_per_lot": number(one.levels.reward * one.lot, 2),
        "target_probability": number(one.chance, 4),
        "break_even_probability": number(one.break_even, 4),
        "expected_r": number(one.expected_r, 3),
        "lots": one.lots,
        "rank": one.rank,
        "risk": one.risk,
        "avoid": one.avoid,
    }

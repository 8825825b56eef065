"""Three bought options, at, out of and in the money: entry, stop, target, cost, worth, rank."""

import math
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engines.charges.books import Order, charges_of
from engines.charges.tables import ChargePlan
from engines.figures import finite
from engines.mvla.chains import Money, Volatility, mids, place_of, volatilities
from engines.mvla.filters import COST_TOO_HIGH, Check
from engines.mvla.inputs import Chain, Moment
from engines.mvla.levels import Levels, Option, break_even, expected_r, lots, option_levels, target_chance
from engines.mvla.parameters import Parameters
from engines.mvla.votes import LONG
from engines.options import black76

ATM: Final = "ATM"
OTM: Final = "OTM"
ITM: Final = "ITM"
RISKS: Final = {ATM: "MEDIUM", OTM: "HIGH", ITM: "LOW"}
_EXCHANGES: Final = {"SENSEX": "BSE"}


@dataclass(frozen=True, slots=True)
class Trade:
    """One way to trade the signal. Prices in rupees of premium, ``..._per_lot`` in rupees, R in multiples of risk.

    ``cost_per_lot``: charges of the round trip weighted by the chances of both ends, and the spread. ``avoid``: too far
    out of the money on its last afternoon.
    """

    kind: str
    strike: float
    option_type: str
    tradingsymbol: str
    expiry: date
    ltp: float
    bid: float
    ask: float
    oi: float
    volume: float
    iv: float
    iv_source: str
    delta: float
    gamma: float
    theta: float
    vega: float
    levels: Levels
    lot: int
    net_rr: float
    cost_per_lot: float
    max_loss_per_lot: float
    chance: float
    break_even: float
    expected_r: float
    lots: int
    risk: str
    avoid: bool = False
    rank: int = 0

    @property
    def spread(self) -> float:
        """Rupees between bid and ask."""
        return self.ask - self.bid


@dataclass(frozen=True, slots=True)
class Picked:
    """``trades``: three, ranked, ATM first; or none with the reasons in ``faults``."""

    trades: tuple[Trade, ...] = ()
    faults: tuple[str, ...] = ()


def round_trip(index: str, on: date, entry: float, exit_price: float, lot: int) -> float:
    """Return the charges in rupees of one lot bought and sold on the same day, by the tables of Zerodha's prices."""
    return _round_trip(_EXCHANGES.get(index, "NSE"), on, round(entry, 2), round(exit_price, 2), lot)


@lru_cache(maxsize=4096)
def _round_trip(exchange: str, on: date, entry: float, exit_price: float, lot: int) -> float:
    orders = [
        Order("buy", Decimal(str(entry)) * lot),
        Order("sell", Decimal(str(max(exit_price, 0.0))) * lot),
    ]
    return float(charges_of(orders, on=on, segment="options", plan=ChargePlan(exchange=exchange)).total)


def pick(
    moment: Moment, money: Money, way: int, distance: float, probability: float, size: float, p: Parameters
) -> Picked:
    """Return the three trades of a direction. ``probability``: of the index going +dS before -dS."""
    chain = moment.chain
    if chain is None:
        return Picked(faults=("NO_CHAIN",))
    wanted = {
        ATM: money.atm,
        OTM: money.atm + way * p.otm_steps * money.step,
        ITM: money.atm - way * p.itm_steps * money.step,
    }
    side = chain.call if way == LONG else chain.put
    places = {kind: place_of(chain, strike) for kind, strike in wanted.items()}
    quoted = mids(side)
    if any(at is None or not math.isfinite(quoted[at]) for at in places.values()):
        return Picked(faults=("MISSING_STRIKES",))
    if chain.lot <= 0:
        return Picked(faults=("LOT_UNKNOWN",))
    if money.forward is None or not chain.years > 0 or not math.isfinite(distance):
        return Picked(faults=("NO_FORWARD",))
    at = [place for place in places.values() if place is not None]
    found = volatilities(chain, money.forward, at, way == LONG, moment.previous_iv)
    if any(one is None for one in found):
        return Picked(faults=("IV_UNKNOWN",))
    deal = _Deal(moment, chain, money.forward, way, distance, probability, size, p)
    trades = [
        _trade(deal, kind, place, volatility)
        for kind, place, volatility in zip(places, at, found, strict=True)
        if volatility is not None
    ]
    return Picked(_ranked(trades))


@dataclass(frozen=True, slots=True)
class _Deal:
    """What the three trades of a moment share; the fields as in `pick`. ``forward``: of the chain's expiry."""

    moment: Moment
    chain: Chain
    forward: float
    way: int
    distance: float
    probability: float
    size: float
    p: Parameters

    @property
    def is_call(self) -> bool:
        return self.way == LONG

    @property
    def is_late(self) -> bool:
        """Whether it is the afternoon on which the contracts end."""
        session = self.moment.session
        return self.chain.expiry == session.trade_date and session.market_time >= self.p.late_expiry


def _trade(deal: _Deal, kind: str, place: int, volatility: Volatility) -> Trade:
    chain, is_call, p = deal.chain, deal.is_call, deal.p
    side = chain.call if is_call else chain.put
    strike, bid, ask = float(chain.strikes[place]), float(side.bid[place]), float(side.ask[place])
    option = Option(strike, chain.years, volatility.value, is_call, chain.rate)
    levels = option_levels(option, entry=ask, forward=deal.forward, distance=deal.distance, p=p)
    greeks = black76.greeks(deal.forward, strike, chain.years, volatility.value, is_call, chain.rate)
    worth = _worth(deal.moment, levels, chain.lot, ask - bid, deal.probability, deal.size, p)
    return Trade(
        kind=kind, strike=strike, option_type="CE" if is_call else "PE", tradingsymbol=side.symbols[place],
        expiry=chain.expiry, ltp=float(side.ltp[place]), bid=bid, ask=ask, oi=float(side.oi[place]),
        volume=float(side.volume[place]), iv=volatility.value, iv_source=volatility.source,
        delta=float(greeks.delta), gamma=float(greeks.gamma), theta=float(greeks.theta), vega=float(greeks.vega),
        levels=levels, lot=chain.lot, risk=RISKS[kind],
        avoid=bool(kind == OTM and deal.is_late and abs(float(greeks.delta)) < p.late_delta), **worth,
    )  # fmt: skip


def _worth(
    moment: Moment, levels: Levels, lot: int, spread: float, probability: float, size: float, p: Parameters
) -> dict[str, float | int]:
    """Cost, chance, expected result and lots of one trade."""
    day, rr = moment.session.trade_date, levels.gross_rr
    won = round_trip(moment.index, day, levels.entry, levels.target, lot)
    lost = round_trip(moment.index, day, levels.entry, levels.sl, lot)
    chance = target_chance(probability, rr)
    cost = chance * won + (1.0 - chance) * lost + spread * lot
    risk = levels.risk * lot
    share = cost / risk if risk > 0 else math.inf
    return {
        "net_rr": levels.net_rr(cost / lot),
        "cost_per_lot": cost,
        "max_loss_per_lot": risk + lost,
        "chance": chance,
        "break_even": min(break_even(rr, share), 1.0) if rr > 0 else 1.0,
        "expected_r": expected_r(probability, rr, share) if risk > 0 else -1.0,
        "lots": lots(
            capital=p.capital, risk_share=p.risk_share * size, entry=levels.entry, sl=levels.sl, lot=lot, cost=lost
        ),
    }


def _ranked(trades: list[Trade]) -> tuple[Trade, ...]:
    """Give ranks by expected value over risk, the ones to avoid last; the order stays ATM, OTM, ITM."""
    order = sorted(trades, key=lambda trade: (trade.avoid, -trade.expected_r, trade.kind))
    places = {trade.kind: place for place, trade in enumerate(order, start=1)}
    return tuple(replace(trade, rank=places[trade.kind]) for trade in trades)


def trade_checks(picked: Picked, p: Parameters) -> list[Check]:
    """Return the filters of the option at the money, by which the signal is judged."""
    if not picked.trades:
        return [Check(code, False) for code in picked.faults]
    trade = picked.trades[0]
    middle = (trade.bid + trade.ask) / 2.0
    shares = (trade.oi / (p.least_oi_lots * trade.lot), trade.volume / (p.least_volume_lots * trade.lot))
    thin = min(shares) if all(math.isfinite(share) for share in shares) else math.nan
    expected = trade.chance * trade.levels.reward * trade.lot
    share = trade.cost_per_lot / expected if expected > 0 else math.inf
    enough = trade.levels.gross_rr >= p.gross_rr_least and trade.net_rr >= p.net_rr_least
    return [
        Check(
            "SPREAD_WIDE", trade.spread <= p.spread_most * middle, 100 * trade.spread / middle, 100 * p.spread_most, "%"
        ),
        Check("THIN_OPTION", thin >= 1.0, finite(100 * thin), 100.0, "%"),
        Check("REWARD_TOO_SMALL", enough, trade.net_rr, p.net_rr_least, "R", {"gross": f"{trade.levels.gross_rr:.2f}"}),
        Check(
            COST_TOO_HIGH, share <= p.cost_share_most, finite(100 * share), 100 * p.cost_share_most, "%"
        ),
    ]  # fmt: skip

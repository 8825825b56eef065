"""The definition of a backtest, in plain Python: what the compiled kernel must agree with, trade for trade.

Slow and straight. Charges come from the books (Decimals), programs from their own definition.
"""

import math
from datetime import date
from decimal import Decimal
from typing import Any

from engines.backtest.config import RunConfig, effective
from engines.backtest.tests.reference_state import Account, Position
from engines.charges.books import Order, charges_of
from engines.panel import PricePanel
from engines.strategy.program import CompiledStrategy, Program, run

NAN = float("nan")


def _known(value: float) -> bool:
    return not math.isnan(value)


class Reference:
    """One run. ``simulate`` returns the account after the last close."""

    def __init__(self, panel: PricePanel, strategy: CompiledStrategy, config: RunConfig) -> None:
        self.panel, self.strategy, self.config = panel, strategy, config
        self.caps = effective(strategy, config)
        self.days: list[date] = panel.dates.astype("datetime64[D]").astype(object).tolist()
        self.open, self.high, self.low, self.close, self.volume = (
            column.tolist() for column in (panel.open, panel.high, panel.low, panel.close, panel.volume)
        )
        self.account = Account(cash=config.capital, equity=config.capital)

    def simulate(self, first: int, last: int) -> Account:
        """Walk the days in the order of domain C6."""
        account = self.account
        for t in range(first, last + 1):
            if t > first:
                account.sold_today = set()
                self._sell_what_is_due(t)
                self._add_to_positions(t)
                self._open_positions(t)
                for n in sorted(account.held):
                    self._watch(t, account.held[n])
            self._mark(t)
            if t < last:
                for n in sorted(account.held):
                    if _known(self.close[t][n]):
                        self._order(t, account.held[n])
        return account

    # --- prices ---------------------------------------------------------------------------------------------------

    def _previous_close(self, t: int, n: int) -> float:
        closes = [self.close[day][n] for day in range(t) if _known(self.close[day][n])]
        return closes[-1] if closes else NAN

    def _is_traded(self, t: int, n: int) -> bool:
        return _known(self.close[t][n]) and self.volume[t][n] > 0

    def _locked(self, t: int, n: int) -> str | None:
        """'up' or 'down' when the day's only price is 4.9 % or more from the close before."""
        price = self.close[t][n]
        if not self.open[t][n] == self.high[t][n] == self.low[t][n] == price:
            return None
        move = price / self._previous_close(t, n) - 1.0
        return "up" if move >= 0.049 else "down" if move <= -0.049 else None

    def _atr(self, t: int, n: int) -> float:
        return float(self.strategy.atr14[t, n]) if len(self.strategy.atr14) else NAN

    # --- money ----------------------------------------------------------------------------------------------------

    def _fee(self, t: int, side: Any, segment: Any, value: float) -> float:
        if self.config.flat_pct is not None:
            return self.config.flat_pct / 100.0 * value
        order = Order(side, Decimal(math.floor(value * 100.0 + 0.5)) / 100)
        return float(charges_of([order], on=self.days[t], segment=segment, plan=self.config.charges).total)

    def _quantity(self, t: int, budget: float, price: float) -> int:
        """The most whole shares within the budget that the cash can pay with their charges."""
        cash = self.account.cash - self.account.locked
        if cash <= 0.0 or budget <= 0.0:
            return 0
        if self.config.flat_pct is not None:
            return math.floor(min(budget, cash / (1.0 + self.config.flat_pct / 100.0)) / price)

        def fits(quantity: int) -> bool:
            return quantity * price + self._fee(t, "buy", "delivery", quantity * price) <= cash

        low, high = 0, math.floor(min(budget, cash) / price) + 1
        if high > 1 and fits(high - 1):
            return high - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low

    def _stop_distance(self, price: float, atr: float) -> float:
        limits = self.strategy.limits
        fixed = [price * (limits.stop_loss_pct / 100.0), limits.atr_stop_mult * atr]
        known = [distance for distance in fixed if _known(distance)]
        return min(known) if known else limits.trail_atr_mult * atr

    def _budget(self, price: float, atr: float, factor: float) -> float:
        equity, sizing = self.account.equity, self.strategy.sizing
        full = self.caps.position_size_pct / 100.0 * equity * factor
        if sizing.mode == "risk" and sizing.risk_pct is not None:
            distance = self._stop_distance(price, atr)
            if distance > 0.0:
                return min(full, sizing.risk_pct / 100.0 * equity / distance * price)
        return full

    # --- the open -------------------------------------------------------------------------------------------------

    def _sell_what_is_due(self, t: int) -> None:
        account, proceeds = self.account, 0.0
        for n in sorted(account.held):
            position = account.held[n]
            if position.due is None:
                continue
            if self._is_traded(t, n) and self._locked(t, n) != "down":
                raw = self.open[t][n]
                proceeds += self._sell(t, position, raw, raw * (1.0 - self.config.slippage_bps / 1e4), *position.due)
            else:
                self._stick(position)
        account.locked = (1.0 - self.config.same_day_sale_credit) * max(proceeds, 0.0)

    def _stick(self, position: Position) -> None:
        position.stuck += 1
        self.account.stuck_days += 1

    def _buy(self, t: int, n: int, share: float, factor: float) -> tuple[int, float, float]:
        """(quantity, value, fee); quantity 0 when not one share fits."""
        price = self.open[t][n] * (1.0 + self.config.slippage_bps / 1e4)
        quantity = self._quantity(t, self._budget(price, self._atr(t - 1, n), factor) * share, price)
        if quantity < 1:
            return 0, 0.0, 0.0
        value = quantity * price
        fee = self._fee(t, "buy", "delivery", value)
        self.account.cash -= value + fee
        self.account.fees += fee
        return quantity, value, fee

    def _add_to_positions(self, t: int) -> None:
        account, addons = self.account, self.strategy.addons
        for n in sorted(account.held):
            position = account.held[n]
            if addons is None or not position.addon_due:
                continue
            position.addon_due = False
            if not self._is_traded(t, n) or self._locked(t, n) == "up":
                account.skipped.append(("skipped_unfilled", t, n))
                continue
            quantity, value, fee = self._buy(t, n, addons.size_pct / 100.0, position.factor)
            if not quantity:
                account.skipped.append(("skipped_no_cash", t, n))
                continue
            position.quantity += quantity
            position.cost += value
            position.charges += fee
            position.addons += 1
            account.added.append((t, n, quantity, value / quantity))

    def _open_positions(self, t: int) -> None:
        candidates = self.strategy.candidates
        for at in range(candidates.start[t - 1], candidates.start[t]):
            n = int(candidates.symbol[at])
            if n in self.account.held or n in self.account.sold_today:
                continue
            reason = self._why_not(t, n) or self._enter(t, n, at)
            if reason:
                self.account.skipped.append((reason, t, n))

    def _why_not(self, t: int, n: int) -> str | None:
        held, sectors = self.account.held, self.panel.sectors
        if len(held) >= self.caps.max_positions:
            return "skipped_max_positions"
        of_sector = sum(sectors[other] == sectors[n] for other in held)
        if self.caps.max_per_sector and of_sector >= self.caps.max_per_sector:
            return "skipped_max_per_sector"
        if not self._is_traded(t, n) or self._locked(t, n) == "up":
            return "skipped_unfilled"
        return None

    def _enter(self, t: int, n: int, at: int) -> str | None:
        candidates, limits = self.strategy.candidates, self.strategy.limits
        factor = float(candidates.size_factor[at])
        quantity, value, fee = self._buy(t, n, 1.0, factor)
        if not quantity:
            return "skipped_no_cash"
        opened = self.open[t][n]
        price, atr = opened * (1.0 + self.config.slippage_bps / 1e4), self._atr(t - 1, n)
        stops = {
            "stop_loss": price * (1.0 - limits.stop_loss_pct / 100.0),
            "atr_stop": price - limits.atr_stop_mult * atr,
        }
        targets = {
            "take_profit": price * (1.0 + limits.take_profit_pct / 100.0),
            "target_r": price + limits.target_r * self._stop_distance(price, atr),
        }
        self.account.held[n] = Position(
            symbol=n,
            entry_day=t,
            conviction=float(candidates.conviction[at]),
            rank=int(candidates.rank[at]),
            factor=factor,
            quantity=quantity,
            cost=value,
            charges=fee,
            first_fill=price,
            stops={name: level for name, level in stops.items() if _known(level)},
            targets={name: level for name, level in targets.items() if _known(level)},
            last_close=self._previous_close(t, n),
            highest_high=opened,
            lowest_low=opened,
            last_bar=t,
        )
        return None

    # --- the bar --------------------------------------------------------------------------------------------------

    def _watch(self, t: int, position: Position) -> None:
        n = position.symbol
        if not _known(self.close[t][n]) and t - position.last_bar >= self.config.delist_after_sessions:
            price = position.last_close * (1.0 - self.config.delist_haircut_pct / 100.0)
            self._sell(t, position, price, price, "delisted", t)
            return
        if position.due is not None or not self._is_traded(t, n):
            return
        hit = self._reached(t, position)
        if hit is None:
            return
        reason, raw = hit
        if self._locked(t, n) == "down":
            position.due = (reason, t)
            self._stick(position)
            return
        is_target = reason in position.targets
        self._sell(t, position, raw, raw if is_target else raw * (1.0 - self.config.slippage_bps / 1e4), reason, t)

    def _reached(self, t: int, position: Position) -> tuple[str, float] | None:
        n = position.symbol
        # Of equal levels the first in this order gives its name.
        stop_name, stop = max(position.stops.items(), key=lambda item: item[1], default=("", -math.inf))
        target_name, target = min(position.targets.items(), key=lambda item: item[1], default=("", math.inf))
        opened = self.open[t][n]
        if opened <= stop:
            return f"{stop_name}_gap", opened
        if opened >= target:
            return target_name, opened
        if self.low[t][n] <= stop:
            return stop_name, stop
        if self.high[t][n] >= target:
            return target_name, target
        return None

    def _sell(self, t: int, position: Position, raw: float, price: float, reason: str, due: int) -> float:
        account, n = self.account, position.symbol
        value = position.quantity * price
        segment = "delivery"
        if position.entry_day == t:
            segment = "intraday"
            bought = self._fee(t, "buy", "intraday", position.cost)
            account.cash += position.charges - bought
            account.fees += bought - position.charges
            position.charges = bought
        fee = self._fee(t, "sell", segment, value)
        account.cash += value - fee
        account.fees += fee
        charges = position.charges + fee
        entry = position.cost / position.quantity
        account.trades.append(
            {
                "symbol": n,
                "entry_day": position.entry_day,
                "exit_day": t,
                "exit_signal_day": due,
                "reason": reason,
                "quantity": position.quantity,
                "entry_price": entry,
                "exit_price": price,
                "pnl": value - position.cost - charges,
                "charges": charges,
                "bars_held": position.bars + (reason != "delisted"),
                "conviction": position.conviction,
                "rank": position.rank,
                "mfe_pct": 100.0 * (max(position.highest_high, raw) / entry - 1.0),
                "mae_pct": 100.0 * (min(position.lowest_low, raw) / entry - 1.0),
                "addons": position.addons,
                "stuck_days": position.stuck,
            }
        )
        del account.held[n]
        account.sold_today.add(n)
        return value - fee

    # --- the close ------------------------------------------------------------------------------------------------

    def _mark(self, t: int) -> None:
        account = self.account
        for n in sorted(account.held):
            if _known(self.close[t][n]):
                self._mark_position(t, account.held[n])
        account.equity = account.cash
        for n in sorted(account.held):
            account.equity += account.held[n].quantity * account.held[n].last_close
        account.equity_curve.append(account.equity)
        account.cash_curve.append(account.cash)

    def _mark_position(self, t: int, position: Position) -> None:
        n, close = position.symbol, self.close[t][position.symbol]
        position.last_close, position.last_bar = close, t
        position.bars += 1
        position.highest_high = max(position.highest_high, self.high[t][n])
        position.lowest_low = min(position.lowest_low, self.low[t][n])
        position.highest_close = max(position.highest_close, close)
        trail = position.highest_high - self.strategy.limits.trail_atr_mult * self._atr(t, n)
        if _known(trail):
            position.stops["trailing_stop"] = max(trail, position.stops.get("trailing_stop", trail))
        entry = position.cost / position.quantity
        position.previous = position.fields
        position.fields = (
            float(position.bars),
            100.0 * (close / entry - 1.0),
            entry,
            float(position.quantity),
            position.highest_high,
            position.highest_close,
            100.0 * (1.0 - close / position.highest_close),
            float(position.addons),
        )

    def _says(self, code: Program, t: int, position: Position) -> bool:
        n = position.symbol
        values = self.strategy.values[:, t, n].tolist()
        flags = self.strategy.flags[:, t, n].tolist()
        return run(code, values, flags, position.fields, position.previous) is True

    def _order(self, t: int, position: Position) -> None:
        if position.due is not None:
            return
        reason, addons = self._exit_reason(t, position), self.strategy.addons
        if reason is not None:
            position.due = (reason, t)
        elif addons is not None and position.addons < addons.max_addons:
            position.addon_due = self._says(addons.code, t, position)

    def _exit_reason(self, t: int, position: Position) -> str | None:
        limits = self.strategy.limits
        is_held_enough = position.bars >= limits.min_hold
        for rule in self.strategy.exits:
            if (is_held_enough or rule.ignore_min_hold) and self._says(rule.code, t, position):
                return rule.name
        if is_held_enough and len(self.strategy.rank_exit) and self.strategy.rank_exit[t, position.symbol]:
            return "rank_below"
        return "max_hold" if 0 < limits.max_hold <= position.bars + 1 else None

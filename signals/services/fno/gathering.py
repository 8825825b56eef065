"""All inputs of one index at one instant, from whatever sources there are; what cannot be had becomes a reason code."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from core.clock import IST
from core.errors import InvalidSymbol, PlatformError
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.clock import ExchangeClock, session_time
from engines.exchange.derivatives import ContractRuleUnknown, signal_expiry
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE, INDEX_KEYS, VIX_KEY
from engines.exchange.phases import Phase
from engines.metrics.risk_free import risk_free_pct
from engines.mvla.history import History, build
from engines.mvla.inputs import Chain, ChainSide, DayFacts, FutureInterest, MinuteBars, Moment, SessionFacts
from engines.mvla.outcomes import MINUTE_S
from engines.mvla.parameters import parameters_on
from market.adapters.base import OptionChain, OptionQuote, Quote
from market.services.exchanges import clock_for
from market.services.providers import Providers, registry
from signals.services.fno import announcements, facts
from signals.services.fno.bars import Minutes, read_minutes, sessions_until
from signals.services.fno.indices import Future, near_future, weights
from signals.services.fno.markets import market_of

#: Options are settled against the index of this exchange time.
SETTLED_AT: Final = time(15, 30)
_YEAR: Final = timedelta(days=365)


@dataclass(slots=True)
class Gathered:
    """What was found. ``sources``: by input. ``as_of``: of the youngest price of the index."""

    history: History
    moment: Moment
    clock: ExchangeClock | None
    sources: dict[str, str] = field(default_factory=dict)
    as_of: datetime | None = None
    raw_chain: OptionChain | None = None

    @property
    def data_source(self) -> str:
        """Source of the index's price, which names the analysis; the configured first one when there is none."""
        return self.sources.get("spot") or self.sources.get("bars") or registry().primary


def gather(index: str, *, now: datetime) -> Gathered:
    """Return the inputs of an index. Never raises for a source that fails: the moment's ``faults`` name it."""
    exchange_clock = clock_for(INDEX_DERIVATIVE_EXCHANGE[index])
    try:
        trade_date = exchange_clock.trade_date(now)
        session = _session(index, exchange_clock, trade_date, now)
    except CalendarUnknown:
        return _nothing(index, now, "CALENDAR_UNKNOWN")
    return _Gathering(index, exchange_clock, trade_date, session, now).run()


def _session(index: str, exchange_clock: ExchangeClock, trade_date: date, now: datetime) -> SessionFacts:
    phase = exchange_clock.phase(now)
    return SessionFacts(
        trade_date=trade_date,
        market_time=session_time(exchange_clock, now),
        is_open=phase is Phase.OPEN,
        phase=phase.value,
        is_expiry_day=facts.is_expiry_day(index, trade_date, exchange_clock.calendar),
        blackouts=facts.blackouts(trade_date),
        events_until=announcements.last_entered(),
    )


def _empty_bars() -> MinuteBars:
    none, whole = np.empty(0), np.empty(0, np.int64)
    return MinuteBars(whole, none, none, none, none, whole, none, whole)


def _nothing(index: str, now: datetime, code: str) -> Gathered:
    local = now.astimezone(IST)
    session = SessionFacts(local.date(), local.time().replace(tzinfo=None), is_open=False, phase="CLOSED")
    moment = Moment(index, now.timestamp(), float("nan"), session, DayFacts(), faults=(code,))
    return Gathered(build(_empty_bars(), None, parameters_on(local.date())), moment, None)


class _Gathering:
    """One gathering: the parts share the sources and note their faults."""

    def __init__(
        self, index: str, exchange_clock: ExchangeClock, trade_date: date, session: SessionFacts, now: datetime
    ) -> None:
        self.index, self.clock, self.trade_date, self.session, self.now = (
            index, exchange_clock, trade_date, session, now,
        )  # fmt: skip
        self.parameters = parameters_on(trade_date)
        self.feed: Providers = registry().one_market
        self.faults: list[str] = []
        self.sources: dict[str, str] = {}
        self.ages: dict[str, float] = {}

    def run(self) -> Gathered:
        """Ask for everything."""
        future = self._future()
        members = weights(self.index, self.trade_date)
        contracts = [future.key] if future is not None else []
        quotes = self._quotes([INDEX_KEYS[self.index], VIX_KEY, *contracts, *members])
        spot, future_bars = self._bars(future)
        here = quotes.get(INDEX_KEYS[self.index])
        price = self._price(here, spot)
        raw = self._chain()
        interest = self._interest(future, quotes, future_bars)
        market = market_of(self.feed.primary_source)
        memory, volatilities = facts.memory_of(self.index, self.trade_date, market)
        moment = Moment(
            index=self.index,
            at_s=self.now.timestamp(),
            spot=price,
            session=self.session,
            day=facts.day_facts(self.feed, self.index, self.trade_date, quotes, self.now),
            chain=self._as_chain(raw, future, quotes),
            future=interest,
            breadth=facts.breadth(members, quotes),
            record=facts.record_of(self.index, self.trade_date, market),
            memory=memory,
            faults=tuple(dict.fromkeys(self.faults)),
            ages_s=self.ages,
            previous_iv=volatilities,
        )
        history = build(
            spot.bars if spot else _empty_bars(), future_bars.bars if future_bars else None, self.parameters,
        )  # fmt: skip
        as_of = here.as_of if here is not None else None
        return Gathered(history, moment, self.clock, self.sources, as_of, raw)

    def _future(self) -> Future | None:
        """Return the near-month future; None near the end of the known calendar, where its expiry is not known."""
        try:
            return near_future(self.index, self.trade_date, self.clock.calendar)
        except (CalendarUnknown, ContractRuleUnknown):
            return None

    def _quotes(self, keys: list[str]) -> dict[str, Quote]:
        """Return the quotes there are. Of the index also an old one, whose age is then a veto; what else is too old
        while the market is open counts as missing."""
        try:
            batch = self.feed.quotes(keys, now=self.now)
        except PlatformError:
            self.faults.append("PROVIDER_DOWN")
            return {}
        here = INDEX_KEYS[self.index]
        if here in batch.sources:
            self.sources["spot"] = batch.sources[here]
        return {key: quote for key, quote in batch.quotes.items() if key == here or self._is_fresh(quote.as_of)}

    def _is_fresh(self, at: datetime) -> bool:
        return not self.session.is_open or (self.now - at).total_seconds() <= self.parameters.stale_s

    def _bars(self, future: Future | None) -> tuple[Minutes | None, Minutes | None]:
        """Return minutes of index and future. Without the index nothing can be said; without the future votes lack."""
        try:
            sessions = sessions_until(self.clock, self.trade_date)
        except CalendarUnknown:
            self.faults.append("CALENDAR_UNKNOWN")
            return None, None
        spot = ahead = None
        try:
            spot = read_minutes(self.feed, INDEX_KEYS[self.index], sessions, self.now, has_volume=False)
            self.sources["bars"] = spot.source
        except PlatformError as error:
            self.faults.append("NOT_LISTED" if isinstance(error, InvalidSymbol) else "PROVIDER_DOWN")
        if spot is None or not len(spot.bars):
            self.faults.append("NO_SPOT")
        if future is not None:
            with suppress(PlatformError):
                ahead = read_minutes(self.feed, future.key, sessions, self.now, has_volume=True)
        if ahead is not None and len(ahead.bars) and not self._is_fresh(_end_of(ahead)):
            ahead = None
        if ahead is not None:
            self.sources["future"] = ahead.source
        return spot, ahead

    def _price(self, quote: Quote | None, minutes: Minutes | None) -> float:
        """Return the index now, and note its age; the last bar's close where there is no quote."""
        if quote is not None:
            self.ages["spot"] = max((self.now - quote.as_of).total_seconds(), 0.0)
            return quote.last_price
        if minutes is not None and len(minutes.bars):
            return float(minutes.bars.close[-1])
        return float("nan")

    def _chain(self) -> OptionChain | None:
        """Return the chain of the expiry that the rules choose."""
        at = self.session.market_time
        try:
            expiry = signal_expiry(self.index, self.trade_date, at, self.clock.calendar)
        except ContractRuleUnknown:
            self.faults.append("NOT_LISTED")
            return None
        except CalendarUnknown:
            self.faults.append("CALENDAR_UNKNOWN")
            return None
        try:
            found, source = self.feed.option_chain(INDEX_KEYS[self.index], expiry, now=self.now)
        except InvalidSymbol:
            self.faults.append("NOT_LISTED")
            return None
        except PlatformError:
            self.faults.append("NO_CHAIN")
            return None
        self.sources["chain"] = source
        self.ages["chain"] = max((self.now - found.as_of).total_seconds(), 0.0)
        return found

    def _interest(
        self, future: Future | None, quotes: dict[str, Quote], minutes: Minutes | None
    ) -> FutureInterest | None:
        if future is None:
            return None
        try:
            quote = quotes.get(future.key)
            return facts.future_interest(self.feed, future.key, quote, minutes, self.clock, self.now)
        except PlatformError:
            return None

    def _as_chain(self, raw: OptionChain | None, future: Future | None, quotes: dict[str, Quote]) -> Chain | None:
        """Return the chain as the engine takes it: strikes within reach of the money."""
        if raw is None or not raw.rows:
            return None
        same = future is not None and future.expiry == raw.expiry
        quote = quotes.get(future.key) if future is not None and same else None
        centre = min(range(len(raw.rows)), key=lambda at: abs(raw.rows[at].strike - raw.spot))
        reach = self.parameters.chain_reach
        rows = raw.rows[max(centre - reach, 0) : centre + reach + 1]
        settled = self.clock.instant_of(raw.expiry, SETTLED_AT)
        return Chain(
            expiry=raw.expiry,
            strikes=np.array([row.strike for row in rows]),
            call=_side([row.ce for row in rows]),
            put=_side([row.pe for row in rows]),
            lot=raw.lot_size,
            years=max((settled - self.now) / _YEAR, 0.0),
            rate=risk_free_pct(self.trade_date) / 100.0,
            as_of_s=raw.as_of.timestamp(),
            forward=None if quote is None else quote.last_price,
        )


def _end_of(minutes: Minutes) -> datetime:
    """Return when the last minute ended, or will."""
    return datetime.fromtimestamp(float(minutes.bars.ts[-1]) + MINUTE_S, UTC)


def _side(quotes: list[OptionQuote | None]) -> ChainSide:
    def column(name: str) -> np.ndarray:
        return np.array([np.nan if one is None else float(getattr(one, name)) for one in quotes])

    opened = [None if one is None else one.oi_day_open for one in quotes]
    known = any(value is not None for value in opened)
    return ChainSide(
        symbols=tuple("" if one is None else one.tradingsymbol for one in quotes),
        bid=column("bid"),
        ask=column("ask"),
        ltp=column("last_price"),
        oi=column("oi"),
        volume=column("volume"),
        oi_day_open=np.array([np.nan if value is None else float(value) for value in opened]) if known else None,
    )

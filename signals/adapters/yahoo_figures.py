"""Company figures of Yahoo, fetched by the child process that speaks to it."""

import math
from typing import Any, Final, Protocol

from market.adapters import base as market
from signals.adapters.base import Company, ReportedFigure

_MODULES: Final = "financialData,defaultKeyStatistics,summaryDetail"
_PATH: Final = "/v10/finance/quoteSummary/{ticker}"
#: Metric: (module, field, factor to our unit).
_FIELDS: Final[dict[str, tuple[str, str, float]]] = {
    "roe": ("financialData", "returnOnEquity", 1.0), "roa": ("financialData", "returnOnAssets", 1.0),
    "debt_to_equity_pct": ("financialData", "debtToEquity", 1.0),
    "revenue_growth_yoy": ("financialData", "revenueGrowth", 1.0),
    "earnings_growth_yoy": ("financialData", "earningsGrowth", 1.0),
    "operating_cashflow_rs": ("financialData", "operatingCashflow", 1.0),
    "enterprise_value_rs": ("defaultKeyStatistics", "enterpriseValue", 1.0),
    "net_income_rs": ("defaultKeyStatistics", "netIncomeToCommon", 1.0),
    "price_to_book": ("defaultKeyStatistics", "priceToBook", 1.0),
    "shares_outstanding": ("defaultKeyStatistics", "sharesOutstanding", 1.0),
    "pe_trailing": ("summaryDetail", "trailingPE", 1.0),
}  # fmt: skip


class Fetches(Protocol):
    """What `market.adapters.yahoo.process.Child` offers."""

    def fetch(self, path: str, params: dict[str, str]) -> object: ...


class YahooFigures:
    """Snapshots of ratios and of the last yearly statements' sums. What Yahoo does not know is left out."""

    name = "yahoo"

    def __init__(self, child: Fetches) -> None:
        self._child = child

    def figures(self, company: Company) -> list[ReportedFigure]:
        exchange, _, bare = company.symbol.rpartition(":")
        ticker = f"{bare}.{'BO' if exchange == 'BSE' else 'NS'}"
        body: Any = self._child.fetch(_PATH.format(ticker=ticker), {"modules": _MODULES})
        try:
            found = (body["quoteSummary"]["result"] or [None])[0]
        except (KeyError, TypeError, IndexError) as error:
            raise market.MalformedReply("Yahoo's figures cannot be read", provider=self.name) from error
        if found is None:
            raise market.UnknownSymbol(f"Yahoo does not have {ticker}", provider=self.name, symbol=company.symbol)
        return list(_figures(company.symbol, found))


def _figures(symbol: str, found: dict[str, Any]) -> Any:
    for metric, (module, name, factor) in _FIELDS.items():
        cell = (found.get(module) or {}).get(name)
        value = cell.get("raw") if isinstance(cell, dict) else cell
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            yield ReportedFigure(symbol, metric, float(value) * factor)

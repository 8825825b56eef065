"""Page views of a company's article in the English Wikipedia, from Wikimedia's public analytics service.

Wikimedia asks callers to name themselves and to go slowly; the caller spaces its requests (`calls_per_second`).
"""

from datetime import date
from typing import Any, Final
from urllib.parse import quote

from core import http
from market.adapters import base as market
from signals.adapters.base import Company, DayCount
from signals.adapters.company_names import spoken_name

ROOT: Final = "https://wikimedia.org"
DEADLINE_S: Final = 10.0
_PATH: Final = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/{article}/daily/{start}/{end}"
#: Articles whose title is not the spoken name.
ARTICLES: Final[dict[str, str]] = {
    "NSE:RELIANCE": "Reliance_Industries", "NSE:TCS": "Tata_Consultancy_Services", "NSE:SBIN": "State_Bank_of_India",
    "NSE:LT": "Larsen_%26_Toubro", "NSE:M&M": "Mahindra_%26_Mahindra", "NSE:ITC": "ITC_Limited",
    "NSE:HINDUNILVR": "Hindustan_Unilever", "NSE:BHARTIARTL": "Bharti_Airtel", "NSE:ETERNAL": "Eternal_Limited",
    "NSE:TITAN": "Titan_Company", "NSE:TRENT": "Trent_(company)", "NSE:ABB": "ABB", "NSE:SIEMENS": "Siemens",
}  # fmt: skip


class WikipediaViews:
    """Daily page views by people (not by programs)."""

    name = "wikipedia"
    calls_per_second = 2.0

    def __init__(self, client: http.Client, root: str = "") -> None:
        self._client, self._root = client, (root or ROOT).rstrip("/")

    def counts(self, company: Company, start: date, end: date) -> list[DayCount]:
        """Return the views of each day in the range that is known; none for a company without an article."""
        path = _PATH.format(article=article(company), start=f"{start:%Y%m%d}00", end=f"{end:%Y%m%d}00")
        try:
            answer = self._client.request("GET", self._root + path, deadline_s=DEADLINE_S)
        except http.Timeout as error:
            raise market.UpstreamTimeout(error.detail, provider=self.name) from error
        except http.OutgoingError as error:
            raise market.UpstreamUnavailable(error.detail, provider=self.name) from error
        if answer.status == 404:
            return []
        if answer.status == 429:
            wait = answer.headers.get("retry-after", "")
            pause = float(wait) if wait.isdigit() else 30.0
            raise market.RateLimitedUpstream("Wikimedia asks for a pause", retry_after_s=pause, provider=self.name)
        if not answer.is_success:
            raise market.UpstreamUnavailable(f"Wikimedia answered {answer.status}", provider=self.name)
        return self._read(company, answer)

    def _read(self, company: Company, answer: http.Response) -> list[DayCount]:
        try:
            items: Any = answer.json()["items"]
            return [DayCount(company.symbol, _day(item["timestamp"]), float(item["views"])) for item in items]
        except (http.Malformed, KeyError, TypeError, ValueError) as error:
            raise market.MalformedReply(f"Wikimedia's answer cannot be read: {error}", provider=self.name) from error


def _day(stamp: str) -> date:
    """Read ``2026050100``."""
    return date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))


def article(company: Company) -> str:
    """Return the article's title as it stands in an address."""
    known = ARTICLES.get(company.symbol)
    return known or quote("_".join(word if "&" in word else word.capitalize() for word in spoken_name(company.name)))

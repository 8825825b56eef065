"""The one place that imports yfinance. Runs in the child process only: yfinance brings pandas with it.

yfinance keeps Yahoo's cookie and crumb; the replies are handed on as they came, to be read by `parsing`.
"""

from typing import Final, Protocol
from urllib.parse import urlsplit

HOSTS: Final = {"chart": "https://query2.finance.yahoo.com", "quote": "https://query1.finance.yahoo.com"}


class Failure(Exception):
    """A call that gave nothing to read. ``kind`` is the name of an error of `market.adapters.base`."""

    def __init__(self, kind: str, detail: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s


class Session(Protocol):
    def fetch(self, path: str, params: dict[str, str], *, timeout_s: float) -> object: ...


class YfinanceSession:
    """Calls Yahoo with yfinance's own handshake. ``api_root`` sends every call elsewhere, for tests and proxies."""

    def __init__(self, *, api_root: str, cache_dir: str) -> None:
        import yfinance
        from yfinance import data, exceptions

        yfinance.set_tz_cache_location(cache_dir)
        self._rate_limited = exceptions.YFRateLimitError
        self._data = data.YfData(session=_redirected(api_root) if api_root else None)

    def fetch(self, path: str, params: dict[str, str], *, timeout_s: float) -> object:
        """Return the parsed JSON of ``path``. Raises Failure."""
        host = HOSTS["quote" if path.startswith("/v7/") else "chart"]
        try:
            response = self._data.get(host + path, params=params, timeout=timeout_s)
        except self._rate_limited as error:
            raise Failure("RateLimitedUpstream", "Yahoo asks for a pause (429)", retry_after_s=30.0) from error
        except Exception as error:
            raise _failure(error) from error
        if response.status_code == 429:
            raise Failure("RateLimitedUpstream", "Yahoo asks for a pause (429)", retry_after_s=_pause_s(response))
        if response.status_code >= 500:
            raise Failure("UpstreamUnavailable", f"Yahoo answered {response.status_code}")
        if response.status_code in (401, 403):
            raise Failure("NotConnected", f"Yahoo refused the session ({response.status_code})")
        try:
            return response.json()
        except ValueError as error:
            raise Failure("MalformedReply", "Yahoo's answer is not JSON") from error


def _pause_s(response: object) -> float:
    value = getattr(response, "headers", {}).get("Retry-After", "")
    return min(600.0, float(value)) if value.isdigit() else 30.0


def _failure(error: Exception) -> Failure:
    """Tell a time-out from a refusal by the class's name: curl_cffi and requests have the same ones."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"Timeout", "TimeoutError", "ReadTimeout", "ConnectTimeout"}:
        return Failure("UpstreamTimeout", "Yahoo did not answer in time")
    return Failure("UpstreamUnavailable", f"Yahoo could not be reached ({type(error).__name__})")


def _redirected(api_root: str) -> object:
    """Return a session of yfinance's own kind that keeps the path of every call but goes to ``api_root``."""
    from yfinance import _http

    plain = _http.new_session()
    base = type(plain)
    root = api_root.rstrip("/")

    class Redirected(base):  # type: ignore[misc, valid-type]
        def request(self, method: str, url: str, *args: object, **kwargs: object) -> object:
            parts = urlsplit(url)
            query = f"?{parts.query}" if parts.query else ""
            return super().request(method, f"{root}{parts.path}{query}", *args, **kwargs)

    return Redirected(impersonate="chrome") if _http.HAS_CURL_CFFI else Redirected()

"""Headlines of RSS and Atom feeds. Documents are parsed without entities, external or expanded (defusedxml)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from core import http
from core.clock import IST
from market.adapters import base as market
from signals.adapters.base import Company, Headline
from signals.adapters.company_names import Matcher, matched

MAX_BYTES: Final = 4_000_000
DEADLINE_S: Final = 10.0
_LONGEST: Final = 400
_ATOM: Final = "{http://www.w3.org/2005/Atom}"


class FeedNews:
    """News of the named feeds. A feed that fails is left out unless all fail."""

    name = "feed"

    def __init__(self, urls: Sequence[str], client: http.Client) -> None:
        self._urls, self._client = tuple(urls), client
        self.failures: dict[str, str] = {}

    def headlines(self, companies: Sequence[Company], *, since: datetime, now: datetime) -> list[Headline]:
        """Return the headlines since ``since`` about any of the companies; UpstreamUnavailable if no feed answers.

        A headline dated after ``now`` is taken for a slip and left out.
        """
        matcher = Matcher(companies)
        self.failures = {}
        found: list[Headline] = []
        for url in self._urls:
            try:
                entries = list(self._entries(url))
            except market.ProviderError as error:
                self.failures[url] = error.detail
                continue
            found += [one for entry in entries for one in _about(entry, matcher) if since <= entry[0] <= now]
        if self._urls and len(self.failures) == len(self._urls):
            raise market.UpstreamUnavailable(f"no news feed answered: {self.failures}", provider=self.name)
        return found

    def _entries(self, url: str) -> Iterator[tuple[datetime, str, str, str]]:
        try:
            answer = self._client.request("GET", url, deadline_s=DEADLINE_S, max_bytes=MAX_BYTES)
        except http.Timeout as error:
            raise market.UpstreamTimeout(error.detail, provider=self.name) from error
        except http.OutgoingError as error:
            raise market.UpstreamUnavailable(error.detail, provider=self.name) from error
        if not answer.is_success:
            raise market.UpstreamUnavailable(f"the feed answered {answer.status}", provider=self.name)
        yield from parsed(answer.body, publisher=urlsplit(url).hostname or "")


def parsed(body: bytes, *, publisher: str) -> list[tuple[datetime, str, str, str]]:
    """Return (published, headline, link, publisher) of every entry of an RSS 2.0 or Atom document.

    Entries without a title or a readable date are left out. Raises MalformedReply for anything else than a feed.
    """
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise market.MalformedReply(f"the feed cannot be read: {error}", provider="feed") from error
    if root.tag == f"{_ATOM}feed":
        return list(_atom(root, publisher))
    if root.tag == "rss":
        return list(_rss(root, publisher))
    raise market.MalformedReply(f"neither RSS nor Atom, but {root.tag[:40]!r}", provider="feed")


def _rss(root: Element, publisher: str) -> Iterator[tuple[datetime, str, str, str]]:
    name = _text(root, "channel/title") or publisher
    for item in root.iterfind("channel/item"):
        when = _mail_date(_text(item, "pubDate"))
        title = _text(item, "title")
        if when and title:
            yield when, title, _text(item, "link"), name[:80]


def _atom(root: Element, publisher: str) -> Iterator[tuple[datetime, str, str, str]]:
    name = _text(root, f"{_ATOM}title") or publisher
    for entry in root.iterfind(f"{_ATOM}entry"):
        when = _iso_date(_text(entry, f"{_ATOM}published") or _text(entry, f"{_ATOM}updated"))
        title = _text(entry, f"{_ATOM}title")
        link: Any = entry.find(f"{_ATOM}link")
        if when and title:
            yield when, title, "" if link is None else link.get("href", ""), name[:80]


def _text(node: Element, path: str) -> str:
    return " ".join(unescape(node.findtext(path) or "").split())[:_LONGEST]


def _mail_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return _iso_date(text)
    return (found if found.tzinfo else found.replace(tzinfo=IST)).astimezone(UTC)


def _iso_date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=IST)).astimezone(UTC)


def _about(entry: tuple[datetime, str, str, str], matcher: Matcher) -> list[Headline]:
    when, title, link, publisher = entry
    link = link if urlsplit(link).scheme in ("http", "https") else ""
    return [
        Headline(symbol, when, title, link[:600], publisher, relevance) for symbol, relevance in matched(title, matcher)
    ]

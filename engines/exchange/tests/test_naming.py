import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.exchange.naming import (
    INDEX_KEYS,
    InvalidSymbolText,
    SymbolKey,
    format_key,
    index_of_key,
    normalise_key,
    parse_key,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("RELIANCE", "NSE:RELIANCE"),
        ("nse:reliance", "NSE:RELIANCE"),
        ("  bse : sensex ", "BSE:SENSEX"),
        ("NSE:M&M", "NSE:M&M"),
        ("bajaj-auto", "NSE:BAJAJ-AUTO"),
        ("nse:nifty  50", "NSE:NIFTY 50"),
        ("360one", "NSE:360ONE"),
        ("NFO:INFY26NOV1512.5CE", "NFO:INFY26NOV1512.5CE"),
        ("NSE:XYZ-BE", "NSE:XYZ-BE"),
    ],
)
def test_canonical_keys(text: str, key: str) -> None:
    assert normalise_key(text) == key
    assert str(parse_key(key)) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no symbol"),
        ("NSE:", "no symbol"),
        ("NYSE:IBM", "unknown exchange 'NYSE'"),
        ("NSE:A:B", "more than one colon"),
        ("NSE:REL/IANCE", "character '/'"),
        ("-ABC", "character '-'"),
        ("NSE:RÉLIANCE", "character 'É'"),
        ("K\u212aR", "character"),
        ("<script>", "character '<'"),
        ("A" * 41, "too long"),
        ("NSE:RELIANCE\x00", "character"),
    ],
)
def test_what_is_wrong_is_named(text: str, why: str) -> None:
    with pytest.raises(InvalidSymbolText, match=why):
        parse_key(text)


def test_only_text_is_a_symbol() -> None:
    with pytest.raises(InvalidSymbolText, match="was int"):
        parse_key(5)  # type: ignore[arg-type]


def test_parts_and_default_exchange() -> None:
    assert parse_key("tcs", default_exchange="bse") == SymbolKey("BSE", "TCS")
    assert format_key("nse", "m&m") == "NSE:M&M"
    with pytest.raises(InvalidSymbolText, match="bare"):
        format_key("NSE", "BSE:TCS")


def test_the_four_indices() -> None:
    assert INDEX_KEYS == {
        "NIFTY": "NSE:NIFTY 50",
        "BANKNIFTY": "NSE:NIFTY BANK",
        "FINNIFTY": "NSE:NIFTY FIN SERVICE",
        "SENSEX": "BSE:SENSEX",
    }
    assert index_of_key("nse:nifty bank") == "BANKNIFTY"
    assert index_of_key("NSE:TCS") is None


@given(st.text(max_size=60))
def test_any_text_is_canonical_or_refused(text: str) -> None:
    try:
        key = normalise_key(text)
    except InvalidSymbolText:
        return
    assert normalise_key(key) == key
    assert key == key.upper()
    assert key.isascii()

"""Numbers as the pages print them."""

import pytest

from market.pages import figures, presenters


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 2, "0.00"),
        (999.5, 2, "999.50"),
        (1000, 0, "1,000"),
        (123456.5, 2, "1,23,456.50"),
        (12345678, 0, "1,23,45,678"),
        (-1234567.125, 2, "−12,34,567.13"),
        (2.675, 2, "2.68"),
    ],
)
def test_digits_are_grouped_in_lakh_and_crore(value: float, decimals: int, text: str) -> None:
    assert figures.grouped(value, decimals) == text


def test_changes_carry_their_sign_and_direction() -> None:
    assert figures.change(12.5) == figures.Figure("+12.50", raw="12.5", direction="up")
    assert figures.change(-0.05).text == "−0.05"
    assert figures.change(0.0).text == "0.00"
    assert figures.change(0.0).direction == "flat"
    assert figures.change(None).text == "–"


def test_percentages_have_one_decimal_and_two_on_hover() -> None:
    figure = figures.change_pct(-1.267)
    assert (figure.text, figure.exact, figure.direction) == ("−1.3%", "−1.27%", "down")
    for value in (0.04, -0.04):
        figure = figures.change_pct(value)
        assert (figure.text, figure.exact[1:], figure.direction) == ("0.0%", "0.04%", "flat")
    assert figures.change_pct(-0.05).text == "−0.1%"
    assert figures.signed(-0.004, 2) == "0.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [(99_999, "99,999"), (120_000, "1.2 L"), (34_500_000, "3.5 Cr"), (12_345_678_900, "1,235 Cr"), (None, "–")],
)
def test_large_quantities_are_compact(value: float | None, text: str) -> None:
    assert figures.compact(value).text == text


def test_a_spark_line_spans_its_box_and_knows_its_direction() -> None:
    spark = figures.spark("NIFTY", [10.0, 12.0, 11.0], 11.5)
    assert spark is not None
    assert spark.points == "0.0,30.0 50.0,2.0 100.0,16.0"
    assert (spark.base, spark.direction) == ("9.0", "down")
    assert figures.spark("NIFTY", [10.0], 9.0) is None


def test_breadth_bars_fill_the_width() -> None:
    bar = presenters.breadth({"advances": 60, "declines": 30, "unchanged": 10})
    assert (bar.up_pct, bar.flat_pct, bar.down_from_pct) == (60.0, 10.0, 70.0)
    empty = presenters.breadth({"advances": 0, "declines": 0, "unchanged": 0})
    assert (empty.up_pct, empty.down_pct) == (0.0, 0.0)


def test_depth_is_padded_to_five_levels_and_scaled_by_the_largest() -> None:
    book = {
        "buy": [{"price": 99.95, "quantity": 50, "orders": 2}],
        "sell": [{"price": 100.0, "quantity": 200, "orders": 3}],
    }
    ladder = presenters.depth(book)
    assert ladder is not None
    assert len(ladder.buy) == len(ladder.sell) == 5
    assert (ladder.buy[0].share_pct, ladder.sell[0].share_pct) == (25.0, 100.0)
    assert ladder.buy[1].price == "–"
    assert presenters.depth({"buy": [], "sell": []}) is None


def test_the_range_meter_keeps_its_marker_inside() -> None:
    meter = presenters.range_meter(100.0, 200.0, 250.0)
    assert meter is not None
    assert meter.marker_pct == 99.0
    assert presenters.range_meter(None, 200.0, 150.0) is None
    flat = presenters.range_meter(100.0, 100.0, 100.0)
    assert flat is not None
    assert flat.marker_pct is None


def test_addresses_of_symbols_with_blanks_are_quoted() -> None:
    assert presenters.instrument_url("NSE:NIFTY 50") == "/market/NSE:NIFTY%2050/"
    assert presenters.row("NSE:M&M").url == "/market/NSE:M%26M/"

from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.portfolio_risk.analyze import Change, ImpossibleChange, analyze, apply_changes
from engines.portfolio_risk.book import EmptyPortfolio, Holding, OversizedHolding, UnpricedHolding, make_book
from engines.portfolio_risk.history import History
from engines.portfolio_risk.score import heat
from engines.portfolio_risk.tables import BASE_RISK, AssetClass

PRINTED = [
    Holding("RELIANCE", D(50), D(2400), D(2890), "Energy"),
    Holding("TCS", D(20), D(3500), D(3850), "IT"),
    Holding("GOLDBEES", D(200), D(55), D(62), "ETF", AssetClass.GOLD),
]


def equal(count, sectors):
    return [Holding(f"S{i}", D(1), D(100), D(100), f"sector {i % sectors}") for i in range(count)]


def one(asset_class, sector=None):
    return [Holding("X", D(1), D(100), D(100), sector, asset_class)]


def test_the_printed_portfolio():
    found = analyze(PRINTED)
    assert (found.book.invested, found.book.value, found.book.pnl) == (201000, 233900, 32900)
    assert found.book.pnl_pct == pytest.approx(16.37, abs=0.005)
    assert (found.risk.score, found.risk.grade) == (77.9, "Aggressive")
    assert found.risk.hhi == pytest.approx(4928.4, abs=0.05)
    assert found.risk.hhi_label == "concentrated"
    parts = {name: value if value is None else round(value, 2) for name, value in found.risk.parts.items()}
    assert parts == {"asset": 68.14, "top": 92.07, "hhi": 82.05, "sector": 80.89, "volatility": None}
    assert next((p.symbol, round(p.weight_pct, 2)) for p in found.book.positions) == ("RELIANCE", 61.78)
    assert dict(zip([p.symbol for p in found.book.positions], found.heat, strict=True)) == {
        "RELIANCE": 8,
        "TCS": 7,
        "GOLDBEES": 3,
    }
    assert [(part.name, round(part.weight_pct, 1)) for part in found.classes] == [("Equities", 94.7), ("Gold", 5.3)]
    assert found.sector_count == 3


def test_a_single_holding_is_warned_of_as_any_other():
    found = analyze(one(AssetClass.EQUITIES, "Energy")).findings
    assert [(row.kind, row.severity) for row in found] == [
        ("concentration", "high"),
        ("hhi", "high"),
        ("sector", "high"),
        ("asset_class", "medium"),
        ("single_holding", "info"),
    ]


@pytest.mark.parametrize("name", ["Unknown", "unknown", ""])
def test_an_unknown_sector_is_none(name):
    found = analyze(one(AssetClass.EQUITIES, name))
    assert (found.risk.score, found.sector_count) == (84.0, 0)
    assert "sector" not in {row.kind for row in found.findings}


def test_the_printed_portfolio_is_warned_of_five_things():
    found = analyze(PRINTED).findings
    assert [(row.kind, row.severity, row.subject) for row in found] == [
        ("concentration", "high", "RELIANCE"),
        ("sector", "high", "Energy"),
        ("concentration", "medium", "TCS"),
        ("hhi", "medium", ""),
        ("asset_class", "medium", "Equities"),
    ]
    assert found[0].recommendation == (
        "Trim RELIANCE from 61.8 % to below 25 %: about Rs 86,025 if the proceeds stay invested elsewhere."
    )


@pytest.mark.parametrize(
    ("holdings", "score", "grade"),
    [
        (one(AssetClass.FD), 6.0, "Conservative"),
        (equal(20, 8), 34.8, "Balanced"),
        (equal(10, 4), 39.4, "Balanced"),
        (equal(5, 5), 49.1, "Aggressive"),
        (
            [
                Holding("F", D(60), D(1), D(1), None, AssetClass.MUTUAL_FUNDS),
                Holding("B", D(40), D(1), D(1), None, AssetClass.BONDS),
            ],
            36.0,
            "Balanced",
        ),
        (one(AssetClass.EQUITIES, "IT"), 86.7, "Highly Aggressive"),
        (one(AssetClass.EQUITIES), 84.0, "Highly Aggressive"),
        (one(AssetClass.FNO, "Index"), 97.8, "Highly Aggressive"),
        (one(AssetClass.FNO), 97.3, "Highly Aggressive"),
    ],
)
def test_golden_scores(holdings, score, grade):
    risk = analyze(holdings).risk
    assert (risk.score, risk.grade) == (score, grade)


def test_rows_of_one_symbol_and_class_are_one_position():
    rows = [
        Holding("A", D(1), D(100), D(120), None),
        Holding("A", D(3), D(140), D(120), "IT"),
        Holding("A", D(1), D(120), D(120), None, AssetClass.FNO),
    ]
    book = analyze(rows).book
    assert [(p.asset_class, p.qty, p.avg_price, p.sector) for p in book.positions] == [
        (AssetClass.EQUITIES, D(4), D("130.00"), "IT"),
        (AssetClass.FNO, D(1), D("120.00"), None),
    ]


def test_bonus_shares_have_no_percent_gain():
    book = analyze([Holding("A", D(1), D(0), D(120))]).book
    assert book.positions[0].pnl == 120
    assert book.positions[0].pnl_pct is None
    assert book.pnl_pct is None


def test_what_cannot_be_valued_is_named():
    with pytest.raises(UnpricedHolding) as caught:
        analyze([*PRINTED, Holding("Z", D(1), D(0))])
    assert caught.value.index == 3
    with pytest.raises(EmptyPortfolio):
        analyze([])


def test_sectors_count_only_when_they_cover_half_the_value():
    known = Holding("A", D(49), D(1), D(1), "IT")
    rest = Holding("B", D(51), D(1), D(1))
    assert analyze([known, rest]).risk.parts["sector"] is None
    half = [Holding("A", D(50), D(1), D(1), "IT"), Holding("B", D(50), D(1), D(1))]
    assert analyze(half).risk.parts["sector"] == pytest.approx(65.0)
    assert [part.name for part in analyze(half).sectors] == ["IT", "Unknown"]


def test_losses_prices_leverage_and_crypto_are_said():
    rows = [
        Holding("DOWN", D(1), D(100), D(40), "IT"),
        Holding("LESS", D(1), D(100), D(69), "IT"),
        Holding("OLD", D(1), D(100)),
        Holding("FUT", D(1), D(30), D(30), None, AssetClass.FNO),
        Holding("BTC", D(1), D(30), D(30), None, AssetClass.CRYPTO),
    ]
    found = {(row.kind, row.subject): row.severity for row in analyze(rows).findings}
    assert found["drawdown", "DOWN"] == "high"
    assert found["drawdown", "LESS"] == "medium"
    assert found["stale_price", "OLD"] == "low"
    assert found["leverage", "FNO"] == "high"
    assert found["crypto", "Crypto"] == "medium"


def test_a_change_is_tried_without_touching_what_is_held():
    after = apply_changes(PRINTED, [Change("RELIANCE", D(-30)), Change("INFY", D(10), D(1500), "IT")])
    assert [(row.symbol, row.qty) for row in after] == [
        ("RELIANCE", 20),
        ("TCS", 20),
        ("GOLDBEES", 200),
        ("INFY", 10),
    ]
    assert PRINTED[0].qty == 50
    assert analyze(after).risk.score < analyze(PRINTED).risk.score


@pytest.mark.parametrize("change", [Change("RELIANCE", D(-51)), Change("NEW", D(-1)), Change("NEW", D(1))])
def test_an_impossible_change_is_named(change):
    with pytest.raises(ImpossibleChange) as caught:
        apply_changes(PRINTED, [Change("TCS", D(-1)), change])
    assert caught.value.index == 1


def test_a_change_without_a_class_is_of_what_is_held():
    after = apply_changes(PRINTED, [Change("GOLDBEES", D(-100)), Change("GOLDBEES", D(50), D(60))])
    assert [(row.qty, row.asset_class) for row in after if row.symbol == "GOLDBEES"] == [
        (100, AssetClass.GOLD), (50, AssetClass.GOLD),
    ]  # fmt: skip
    assert apply_changes(PRINTED, [Change("NEW", D(1), D(9))])[-1].asset_class is AssetClass.EQUITIES
    sold = Change("GOLDBEES", D("-100.50000000"), asset_class=AssetClass.EQUITIES)
    with pytest.raises(ImpossibleChange, match=r"^0 of GOLDBEES \(Equities\) are held, 100\.5 would be sold\.$"):
        apply_changes(PRINTED, [sold])
    both = [*PRINTED, Holding("TCS", D(10), D(5), asset_class=AssetClass.FNO)]
    with pytest.raises(ImpossibleChange, match="TCS is held as Equities and FNO"):
        apply_changes(both, [Change("TCS", D(-1))])
    assert apply_changes(both, [Change("TCS", D(-10), asset_class=AssetClass.FNO)]) == PRINTED


def test_effective_holdings_are_those_of_equal_weight():
    assert analyze(PRINTED).risk.effective_holdings == pytest.approx(10_000 / 4928.4, abs=1e-4)
    assert analyze(equal(20, 8)).risk.effective_holdings == pytest.approx(20)
    assert analyze(one(AssetClass.FD)).risk.effective_holdings == 1.0


@pytest.mark.parametrize(
    ("beta", "volatility_pct", "more"),
    [(None, None, 0), (1.3, 40.0, 0), (1.31, None, 1), (None, 40.1, 1), (2.0, 80.0, 1), (-2.0, 1.0, 0)],
)
def test_a_wild_share_is_one_warmer_on_the_heat_map(beta, volatility_pct, more):
    positions = make_book(PRINTED).positions
    found = [heat(position, beta=beta, volatility_pct=volatility_pct) for position in positions]
    assert found == [8 + more, 7 + more, 3 + more]


def test_the_heat_map_ends_at_ten():
    (hottest,) = make_book(one(AssetClass.CRYPTO)).positions
    assert heat(hottest) == heat(hottest, beta=2.0) == 10


def test_history_warms_the_heat_map():
    rng = np.random.default_rng(4)
    market = rng.normal(0, 0.01, 252)
    returns = {"RELIANCE": 1.5 * market, "TCS": 0.5 * market, "GOLDBEES": 3 * rng.normal(0, 0.01, 252)}
    found = analyze(PRINTED, history=History(returns, benchmark=market))
    assert found.measured.volatility_of_pct["GOLDBEES"] > 40 > found.measured.volatility_of_pct["RELIANCE"]
    assert found.heat == (9, 7, 4)


def test_figures_of_history():
    rng = np.random.default_rng(4)
    market = rng.normal(0, 0.01, 252)
    history = History({"RELIANCE": 1.5 * market, "TCS": 0.5 * market, "GOLDBEES": np.zeros(252)}, benchmark=market)
    found = analyze(PRINTED, history=history).measured
    weights = {p.symbol: p.weight_pct / 100 for p in analyze(PRINTED).book.positions}
    slope = 1.5 * weights["RELIANCE"] + 0.5 * weights["TCS"]
    assert found.beta == pytest.approx({"RELIANCE": 1.5, "TCS": 0.5, "GOLDBEES": 0.0})
    assert found.beta_of_book == pytest.approx(slope)
    assert found.volatility_pct == pytest.approx(slope * market.std(ddof=1) * np.sqrt(252) * 100)
    assert sum(found.risk_share_pct.values()) == pytest.approx(100)
    assert found.cvar_95_pct >= found.var_95_pct > 0
    assert found.max_drawdown_pct > 0


def test_too_little_history_measures_nothing():
    assert analyze(PRINTED, history=History({"RELIANCE": np.zeros(252)})).measured is None
    assert analyze(PRINTED, history=History({p.symbol: np.zeros(119) for p in PRINTED})).measured is None


HOLDINGS = st.lists(
    st.builds(
        Holding,
        symbol=st.sampled_from("ABCDEFGH"),
        qty=st.integers(1, 500).map(D),
        avg_price=st.integers(1, 5000).map(D),
        current_price=st.none() | st.integers(1, 5000).map(D),
        sector=st.none() | st.sampled_from(["IT", "Energy", "Banks"]),
        asset_class=st.sampled_from(list(AssetClass)),
    ),
    min_size=1,
    max_size=12,
)


@given(HOLDINGS)
def test_scores_stay_in_range_and_add_up(holdings):
    found = analyze(holdings)
    assert 0 <= found.risk.score <= 100
    assert all(1 <= value <= 10 for value in found.heat)
    assert sum(p.weight_pct for p in found.book.positions) == pytest.approx(100)
    assert sum(part.value for part in found.classes) == found.book.value
    assert sum(part.value for part in found.sectors) == found.book.value


@given(HOLDINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_score(holdings, random):
    shuffled = list(holdings)
    random.shuffle(shuffled)
    first, second = analyze(holdings), analyze(shuffled)
    named = {row.sector for row in holdings if row.sector}
    if len(named) <= 1:  # otherwise a merged position takes the sector that comes first
        assert first.risk.score == pytest.approx(second.risk.score, abs=0.1)
    assert first.risk.hhi == pytest.approx(second.risk.hhi)


@settings(max_examples=200)
@given(HOLDINGS, st.integers(1, 99))
def test_moving_a_risky_top_holding_into_a_deposit_never_adds_risk(holdings, share):
    priced = [row for row in holdings if row.asset_class is not AssetClass.FD]
    if not priced:
        return
    before = analyze(priced)
    top = before.book.positions[0]
    if BASE_RISK[top.asset_class] < 35 or any(row.sector for row in priced):
        return
    moved = top.value * D(share) / 100
    rest = [row for row in priced if (row.symbol, row.asset_class) != (top.symbol, top.asset_class)]
    after = analyze(
        [
            *rest,
            Holding(top.symbol, D(1), top.value - moved, top.value - moved, None, top.asset_class),
            Holding("DEPOSIT", D(1), moved, moved, None, AssetClass.FD),
        ]
    )
    assert after.risk.score <= before.risk.score + 0.1


def test_what_no_sum_would_be_exact_for_is_refused_by_its_place():
    fine = Holding("TCS", D(1), D(10**15))
    assert make_book([fine] * 50).value == 50 * D(10**15)
    for absurd in (
        Holding("TCS", D(2), D(10**15)),
        Holding("TCS", D(1), D(1), current_price=D(10**15) + 1),
        Holding("TCS", D(10**16), D(10**16), current_price=D(1)),
    ):
        with pytest.raises(OversizedHolding) as refusal:
            make_book([fine, absurd])
        assert refusal.value.index == 1

"""Indices and exchange-traded funds of the simulated exchange.

Levels are rounded indications for 2019-01-01 and 2026-11-20. `members` names a rule of
`listing.member_weights`.
"""

# exchange, symbol, name, level 2019, level 2026, member rule
INDEX_ROWS = (
    ("NSE", "NIFTY 50", "NIFTY 50", 10_900, 25_100, "flag:5"),
    ("NSE", "NIFTY BANK", "NIFTY BANK", 27_300, 55_500, "flag:B"),
    ("NSE", "NIFTY FIN SERVICE", "NIFTY FIN SERVICE", 11_300, 26_300, "sector:Financial Services"),
    ("BSE", "SENSEX", "SENSEX", 36_200, 82_100, "flag:S"),
    ("NSE", "NIFTY NEXT 50", "NIFTY NEXT 50", 27_900, 69_500, "next50"),
    ("NSE", "NIFTY 100", "NIFTY 100", 11_100, 25_900, "flag:1"),
    ("NSE", "NIFTY 500", "NIFTY 500", 9_150, 23_300, "all"),
    ("NSE", "NIFTY IT", "NIFTY IT", 14_300, 33_500, "sector:Information Technology"),
    ("NSE", "NIFTY AUTO", "NIFTY AUTO", 9_250, 26_900, "sector:Automobile and Auto Components"),
    ("NSE", "NIFTY PHARMA", "NIFTY PHARMA", 8_850, 22_800, "sector:Healthcare"),
    ("NSE", "NIFTY HEALTHCARE", "NIFTY HEALTHCARE INDEX", 5_950, 14_900, "sector:Healthcare"),
    ("NSE", "NIFTY FMCG", "NIFTY FMCG", 30_500, 52_500, "sector:Fast Moving Consumer Goods"),
    ("NSE", "NIFTY METAL", "NIFTY METAL", 3_100, 11_600, "sector:Metals & Mining"),
    ("NSE", "NIFTY REALTY", "NIFTY REALTY", 235, 880, "sector:Realty"),
    ("NSE", "NIFTY ENERGY", "NIFTY ENERGY", 14_200, 36_200, "sector:Oil Gas & Consumable Fuels,Power"),
    ("NSE", "NIFTY OIL AND GAS", "NIFTY OIL & GAS", 5_050, 11_700, "sector:Oil Gas & Consumable Fuels"),
    ("NSE", "NIFTY PSU BANK", "NIFTY PSU BANK", 3_150, 8_400, "flag:P"),
    ("NSE", "NIFTY PVT BANK", "NIFTY PRIVATE BANK", 14_900, 27_600, "private_bank"),
    (
        "NSE",
        "NIFTY INFRA",
        "NIFTY INFRASTRUCTURE",
        3_150,
        9_400,
        "sector:Construction,Construction Materials,Power,Oil Gas & Consumable Fuels,Telecommunication,Services",
    ),
    ("NSE", "NIFTY CONSR DURBL", "NIFTY CONSUMER DURABLES", 14_100, 38_000, "sector:Consumer Durables"),
)

VIX_ROW = ("NSE", "INDIA VIX", "INDIA VIX", 15, 15)

# symbol, name, ISIN, industry shown, index followed or "own:<annual volatility %>,<market beta>", units of the
# index per fund unit
# or the two levels, thousands of units a day
ETF_ROWS = (
    ("NIFTYBEES", "Nippon India ETF Nifty 50 BeES", "INF204KB14I2", "index:NSE:NIFTY 50", 0.0113, 0.0113, 5_500),
    ("SETFNIF50", "SBI Nifty 50 ETF", "INF200KA1FS1", "index:NSE:NIFTY 50", 0.0106, 0.0106, 1_900),
    ("BANKBEES", "Nippon India ETF Nifty Bank BeES", "INF204KB15I9", "index:NSE:NIFTY BANK", 0.0103, 0.0103, 900),
    (
        "JUNIORBEES",
        "Nippon India ETF Nifty Next 50 Junior BeES",
        "INF732E01045",
        "index:NSE:NIFTY NEXT 50",
        0.0106,
        0.0106,
        420,
    ),
    ("ITBEES", "Nippon India ETF Nifty IT", "INF204KB15V2", "index:NSE:NIFTY IT", 0.00113, 0.00113, 8_800),
    (
        "PSUBNKBEES",
        "Nippon India ETF Nifty PSU Bank BeES",
        "INF204KB16I7",
        "index:NSE:NIFTY PSU BANK",
        0.0112,
        0.0112,
        2_400,
    ),
    ("PHARMABEES", "Nippon India Nifty Pharma ETF", "", "index:NSE:NIFTY PHARMA", 0.00103, 0.00103, 1_900),
    ("AUTOBEES", "Nippon India Nifty Auto ETF", "", "index:NSE:NIFTY AUTO", 0.0102, 0.0102, 260),
    ("GOLDBEES", "Nippon India ETF Gold BeES", "INF204KB17I5", "own:15,-0.05", 27.9, 108.0, 14_000),
    ("SILVERBEES", "Nippon India Silver ETF", "", "own:26,0.1", 38.0, 160.0, 9_500),
    ("LIQUIDBEES", "Nippon India ETF Nifty 1D Rate Liquid BeES", "INF732E01037", "own:0.05,0", 1_000.0, 1_000.0, 2_600),
)

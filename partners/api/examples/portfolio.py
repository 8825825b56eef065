import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=30)
body = {
    "holdings": [
        {"symbol": "RELIANCE", "qty": 50, "avg_price": 2400, "current_price": 2890, "sector": "Energy"},
        {"symbol": "TCS", "qty": 20, "avg_price": 3500, "current_price": 3850, "sector": "IT"},
    ],
    "what_if": [{"symbol": "RELIANCE", "qty": -20}],
}
report = tc.post("/portfolio/analyze", json=body).raise_for_status().json()
print(report["summary"]["risk_score"], report["summary"]["risk_grade"])
print("after the sale:", report["what_if"]["risk_score"]["after"])
for warning in report["details"]["warnings"]:
    print(warning["severity"], warning["message"])

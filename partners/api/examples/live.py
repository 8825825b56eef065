import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}", "X-TC-Test-Scenario": "bullish"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=30)
analysis = tc.get("/fno/signals/live", params={"index": "NIFTY"}).raise_for_status().json()["analysis"]
print(analysis["trade_direction"], analysis["confidence"], analysis["vetoes"] or "no veto")
for trade in analysis["trades"]:
    print(trade["rank"], trade["type"], trade["strike"], trade["entry_price"], trade["sl"], trade["target"])

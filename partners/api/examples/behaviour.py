import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=30)
trade = {"symbol": "NIFTY", "side": "BUY", "segment": "FNO"}
first = {"qty": 75, "price": 120, "pnl": -450, "entry_time": "2026-04-13T09:18:00", "exit_time": "2026-04-13T09:25:00"}
then = {"qty": 150, "price": 110, "pnl": -1200, "entry_time": "2026-04-13T09:35:00", "exit_time": "2026-04-13T09:50:00"}
report = tc.post("/behaviour/analyze", json={"trades": [trade | first, trade | then]}).raise_for_status().json()
print(report["summary"]["discipline_score"], report["summary"]["top_concern"])
for advice in report["details"]["recommendations"]:
    print("-", advice)

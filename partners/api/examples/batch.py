import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=60)
answer = tc.post("/iscore/batch", json={"symbols": ["RELIANCE", "TCS", "INFY"]}).raise_for_status().json()
for row in answer["results"]:
    print(row["symbol"], row["result"]["iscore"] if row["success"] else row["code"])

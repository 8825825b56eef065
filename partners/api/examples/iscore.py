import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=60)
result = tc.get("/iscore/RELIANCE").raise_for_status().json()["result"]
print(result["iscore"], result["recommendation"], "after", result["as_of_session"])
for name, part in result["components"].items():
    print(name, part["score"], "weighs", part["effective_weight"])

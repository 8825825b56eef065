import os

import httpx

tc = httpx.Client(
    base_url=os.environ["TC_ROOT"],
    headers={"Authorization": f"Bearer {os.environ['TC_KEY']}"},
    timeout=30,
)
partner = tc.get("/me").raise_for_status().json()["partner"]
print(partner["name"], partner["environment"], partner["usage"]["this_minute"], "of", partner["rate_limit_per_minute"])

import os
import uuid

import httpx

headers = {"Authorization": f"Bearer {os.environ['TC_KEY']}"}
tc = httpx.Client(base_url=os.environ["TC_ROOT"], headers=headers, timeout=30)
answer = tc.post(
    "/subscriptions",
    json={"engine": "fno", "symbol": "NIFTY", "min_confidence": 60},
    headers={"Idempotency-Key": str(uuid.uuid4())},
)
answer.raise_for_status()
subscription = answer.json()["subscription"]
print(subscription["id"], subscription["symbol"], subscription["min_confidence"])

curl -fsS -X POST "$TC_ROOT/subscriptions" \
  -H "Authorization: Bearer $TC_KEY" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: subscribe-nifty-1" \
  -d '{"engine": "fno", "symbol": "NIFTY", "min_confidence": 60}'

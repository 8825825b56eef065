curl -fsS -X POST "$TC_ROOT/portfolio/analyze" \
  -H "Authorization: Bearer $TC_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "holdings": [
      {"symbol": "RELIANCE", "qty": 50, "avg_price": 2400, "current_price": 2890, "sector": "Energy"},
      {"symbol": "TCS", "qty": 20, "avg_price": 3500, "current_price": 3850, "sector": "IT"}
    ],
    "what_if": [{"symbol": "RELIANCE", "qty": -20}]
  }'

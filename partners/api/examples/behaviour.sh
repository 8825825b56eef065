curl -fsS -X POST "$TC_ROOT/behaviour/analyze" \
  -H "Authorization: Bearer $TC_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "lookback": "Last 30 days",
    "trades": [
      {"symbol": "NIFTY", "side": "BUY", "qty": 75, "price": 120, "pnl": -450, "segment": "FNO",
       "entry_time": "2026-04-13T09:18:00", "exit_time": "2026-04-13T09:25:00"},
      {"symbol": "NIFTY", "side": "BUY", "qty": 150, "price": 110, "pnl": -1200, "segment": "FNO",
       "entry_time": "2026-04-13T09:35:00", "exit_time": "2026-04-13T09:50:00"}
    ]
  }'

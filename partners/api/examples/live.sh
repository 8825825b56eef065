curl -fsS "$TC_ROOT/fno/signals/live?index=NIFTY" \
  -H "Authorization: Bearer $TC_KEY" \
  -H "X-TC-Test-Scenario: bullish"

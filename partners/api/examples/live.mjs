const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/fno/signals/live?index=NIFTY`, {
  headers: { Authorization: `Bearer ${TC_KEY}`, "X-TC-Test-Scenario": "bullish" },
});
const { analysis, error } = await response.json();
if (!response.ok) throw new Error(error);
console.log(analysis.trade_direction, analysis.confidence, analysis.vetoes);
for (const trade of analysis.trades) console.log(trade.rank, trade.type, trade.strike, trade.entry_price);

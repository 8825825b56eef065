const { TC_ROOT, TC_KEY } = process.env;

const trade = { symbol: "NIFTY", side: "BUY", segment: "FNO" };
const response = await fetch(`${TC_ROOT}/behaviour/analyze`, {
  method: "POST",
  headers: { Authorization: `Bearer ${TC_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    trades: [
      { ...trade, qty: 75, price: 120, pnl: -450, entry_time: "2026-04-13T09:18:00", exit_time: "2026-04-13T09:25:00" },
      { ...trade, qty: 150, price: 110, pnl: -1200, entry_time: "2026-04-13T09:35:00", exit_time: "2026-04-13T09:50:00" },
    ],
  }),
});
const report = await response.json();
if (!response.ok) throw new Error(report.error);
console.log(report.summary.discipline_score, report.summary.top_concern);

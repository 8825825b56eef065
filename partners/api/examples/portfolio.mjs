const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/portfolio/analyze`, {
  method: "POST",
  headers: { Authorization: `Bearer ${TC_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    holdings: [
      { symbol: "RELIANCE", qty: 50, avg_price: 2400, current_price: 2890, sector: "Energy" },
      { symbol: "TCS", qty: 20, avg_price: 3500, current_price: 3850, sector: "IT" },
    ],
    what_if: [{ symbol: "RELIANCE", qty: -20 }],
  }),
});
const report = await response.json();
if (!response.ok) throw new Error(report.error);
console.log(report.summary.risk_score, report.summary.risk_grade);
console.log("after the sale:", report.what_if.risk_score.after);

const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/iscore/batch`, {
  method: "POST",
  headers: { Authorization: `Bearer ${TC_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ symbols: ["RELIANCE", "TCS", "INFY"] }),
});
const { results, error } = await response.json();
if (!response.ok) throw new Error(error);
for (const row of results) console.log(row.symbol, row.success ? row.result.iscore : row.code);

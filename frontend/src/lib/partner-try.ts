/** The page that tries an operation: what is sent, as a curl command, and what comes back. */

export type Operation = { label: string; method: "GET" | "POST"; path: string; body?: unknown };

export const OPERATIONS: Operation[] = [
  { label: "Who am I", method: "GET", path: "/me" },
  { label: "F&O: analysis of now", method: "GET", path: "/fno/signals/live?index=NIFTY" },
  { label: "F&O: past signals", method: "GET", path: "/fno/signals/history?index=NIFTY&days=7" },
  { label: "I-Score of a share", method: "GET", path: "/iscore/RELIANCE" },
  { label: "I-Scores of several", method: "POST", path: "/iscore/batch", body: { symbols: ["RELIANCE", "TCS", "INFY"] } },
  { label: "Subscriptions", method: "GET", path: "/subscriptions" },
  { label: "Subscribe", method: "POST", path: "/subscriptions", body: { engine: "fno", symbol: "NIFTY", min_confidence: 60 } },
  {
    label: "Risk of a portfolio",
    method: "POST",
    path: "/portfolio/analyze",
    body: {
      currency: "INR",
      holdings: [
        { symbol: "RELIANCE", qty: 50, avg_price: 2400, current_price: 2890, sector: "Energy", asset_class: "Equities" },
        { symbol: "TCS", qty: 20, avg_price: 3500, current_price: 3850, sector: "IT", asset_class: "Equities" },
        { symbol: "GOLDBEES", qty: 200, avg_price: 55, current_price: 62, sector: "ETF", asset_class: "Gold" },
      ],
    },
  },
  {
    label: "Behaviour of trades",
    method: "POST",
    path: "/behaviour/analyze",
    body: {
      lookback: "Last 30 days",
      trades: [
        { symbol: "NIFTY", side: "BUY", qty: 75, price: 120, entry_time: "2026-04-13T09:18:00", exit_time: "2026-04-13T09:25:00", pnl: -450, segment: "FNO" },
        { symbol: "NIFTY", side: "BUY", qty: 150, price: 110, entry_time: "2026-04-13T09:35:00", exit_time: "2026-04-13T09:50:00", pnl: -1200, segment: "FNO" },
      ],
    },
  },
  { label: "Deliveries", method: "GET", path: "/deliveries?limit=5" },
  { label: "Send a ping", method: "POST", path: "/webhooks/test", body: { event: "ping" } },
  { label: "Codes of errors", method: "GET", path: "/errors" },
];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a command line; the key stands in it only as a variable. */
export function curlOf(root: string, operation: Operation, path: string, body: string, scenario: string): string {
  const lines = [`curl ${operation.method === "GET" ? "" : `-X ${operation.method} `}${quoted(root + path)}`, `-H "Authorization: Bearer $TC_KEY"`];
  if (scenario) lines.push(`-H 'X-TC-Test-Scenario: ${scenario}'`);
  if (operation.method === "POST") lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

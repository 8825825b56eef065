const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/subscriptions`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${TC_KEY}`,
    "Content-Type": "application/json",
    "Idempotency-Key": crypto.randomUUID(),
  },
  body: JSON.stringify({ engine: "fno", symbol: "NIFTY", min_confidence: 60 }),
});
const { subscription, error } = await response.json();
if (!response.ok) throw new Error(error);
console.log(subscription.id, subscription.symbol, subscription.min_confidence);

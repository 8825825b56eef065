const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/me`, { headers: { Authorization: `Bearer ${TC_KEY}` } });
const { partner, error } = await response.json();
if (!response.ok) throw new Error(error);
console.log(partner.name, partner.environment, partner.usage.this_minute, "of", partner.rate_limit_per_minute);

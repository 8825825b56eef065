const { TC_ROOT, TC_KEY } = process.env;

const response = await fetch(`${TC_ROOT}/iscore/RELIANCE`, { headers: { Authorization: `Bearer ${TC_KEY}` } });
const { result, error } = await response.json();
if (!response.ok) throw new Error(error);
console.log(result.iscore, result.recommendation, "after", result.as_of_session);
for (const [name, part] of Object.entries(result.components)) console.log(name, part.score, part.effective_weight);

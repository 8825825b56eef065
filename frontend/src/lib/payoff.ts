/**
 * What a bought option is worth at every level of its index: now and at expiry. Pure.
 *
 * Pricing is Black-76 on the forward of the expiry (F. Black, 1976), the server's engines/options/black76.py. An index
 * level stands for a forward above it by the present difference of the two.
 */

export type Leg = { strike: number; option_type: "CE" | "PE"; entry_price: number; sl: number; target: number; iv: number; lot_size: number; expiry: string };

/** The market around a leg: levels of index and forward, years to expiry as the server counts them, continuous rate a year. */
export type Around = { spot: number; forward: number; years: number; rate: number };

type Priced = { spot_price: number | null; forward: number | null; years_to_expiry: number | null };

/** What the legs of an analysis were priced with, all of one instant: the scan's. Null where it lacks some of it. */
export function aroundOf({ spot_price, forward, years_to_expiry }: Priced, rate: number): Around | null {
  return spot_price === null || forward === null || years_to_expiry === null ? null : { spot: spot_price, forward, years: years_to_expiry, rate };
}

export type PayoffPoint = { level: number; now: number; expiry: number };

/** The normal distribution function by its Taylor series (G. Marsaglia, Journal of Statistical Software 11(4), 2004). */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let [sum, term] = [x, x];
  for (let i = 3; sum !== sum + term && i < 400; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - 0.91893853320467274178);
}

/** Rupees of premium of one unit. Without time or volatility it is the discounted intrinsic value. */
export function black76(forward: number, strike: number, years: number, iv: number, isCall: boolean, rate: number): number {
  const discount = Math.exp(-rate * Math.max(0, years));
  const way = isCall ? 1 : -1;
  const deviation = iv * Math.sqrt(Math.max(0, years));
  if (!(deviation > 1e-9)) return discount * Math.max(0, way * (forward - strike));
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  return discount * way * (forward * normalCdf(way * d1) - strike * normalCdf(way * (d1 - deviation)));
}

const wayOf = (leg: Leg): 1 | -1 => (leg.option_type === "CE" ? 1 : -1);

/** Rupees won or lost with one lot at expiry, before charges. */
export const atExpiry = (leg: Leg, level: number): number => (Math.max(0, wayOf(leg) * (level - leg.strike)) - leg.entry_price) * leg.lot_size;

/** Rupees of premium now if the index stood at `level`. */
export const premiumAt = (leg: Leg, level: number, { spot, forward, years, rate }: Around): number =>
  black76(Math.max(1e-6, level + forward - spot), leg.strike, years, leg.iv, leg.option_type === "CE", rate);

/** Rupees won or lost with one lot now, before charges. */
export const atNow = (leg: Leg, level: number, around: Around): number => (premiumAt(leg, level, around) - leg.entry_price) * leg.lot_size;

/** The index level above (calls) or below (puts) which the option gains at expiry. */
export const breakEven = (leg: Leg): number => leg.strike + wayOf(leg) * leg.entry_price;

/** The index level at which the option has this premium now; null where no level within a half of the index has it. */
export function levelOf(leg: Leg, premium: number, around: Around): number | null {
  let [low, high] = [0.5 * around.spot, 1.5 * around.spot];
  const over = (level: number): boolean => wayOf(leg) * (premiumAt(leg, level, around) - premium) > 0;
  if (over(low) || !over(high)) return null;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (over(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

export type Payoff = { points: PayoffPoint[]; breakEven: number; stop: number | null; target: number | null };

/** The two curves over all levels that matter, with the strike and the break-even among them. */
export function payoff(leg: Leg, around: Around, steps = 80): Payoff {
  const even = breakEven(leg);
  const [stop, target] = [levelOf(leg, leg.sl, around), levelOf(leg, leg.target, around)];
  const places = [leg.strike, even, stop ?? around.spot, target ?? around.spot];
  const half = Math.max(0.004 * around.spot, ...places.map((place) => 1.25 * Math.abs(place - around.spot)));
  const ladder = Array.from({ length: steps + 1 }, (_, i) => around.spot - half + (2 * half * i) / steps);
  const levels = [...new Set([...ladder, leg.strike, even, around.spot])].sort((a, b) => a - b);
  const points = levels.map((level) => ({ level, now: atNow(leg, level, around), expiry: atExpiry(leg, level) }));
  return { points, breakEven: even, stop, target };
}

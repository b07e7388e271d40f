/** "42 s", "1:05 min", "2:10 h". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const parts = (big: number, small: number): string => `${big}:${String(small).padStart(2, "0")}`;
  if (whole < 3600) return `${parts(Math.floor(whole / 60), whole % 60)} min`;
  return `${parts(Math.floor(whole / 3600), Math.floor((whole % 3600) / 60))} h`;
}

/** Three significant digits, without exponents for everyday sizes; a dash for what is no number. */
export function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001) return "≈ 0";
  const digits = Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(size))));
  return trimZeros(value.toFixed(digits)).replace("-", "−");
}

/** "3.1 %", "42 %": a digit behind the point for small shares. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** "1.2 M", "24 k". */
export function count(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 1e6) return `${trimZeros((value / 1e6).toFixed(2))} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  if (value >= 1e3) return `${trimZeros((value / 1e3).toFixed(1))} k`;
  return String(Math.round(value));
}

/** "just now", "5 min ago", "3 h ago", or the day. */
export function ago(iso: string, now: number = Date.now()): string {
  const minutes = (now - Date.parse(iso)) / 60_000;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(iso).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

/** "foot_clearance" → "foot clearance". */
export function words(identifier: string): string {
  return identifier.replaceAll("_", " ");
}

/** A colour for the n-th of several things shown together, as CSS; `resolved` makes it a number. */
export function seriesColor(n: number): string {
  return `var(--color-series-${n % SERIES})`;
}

const SERIES = 10;

/** "US$ 0.0123": two digits that say something, whatever the size. */
export function dollars(amount: number): string {
  if (amount === 0) return "US$ 0";
  const digits = amount >= 1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(amount)));
  return `US$ ${amount.toFixed(digits)}`;
}

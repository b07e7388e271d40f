import { useState } from "react";

/**
 * A value that outlives a reload of the page, in this tab alone; `initial` where none was kept that
 * `fits`. The third of what it returns forgets it.
 */
export function useKept<T>(
  name: string,
  initial: T,
  fits: (value: unknown) => value is T,
): [T, (value: T) => void, () => void] {
  const key = `tabrl.${name}`;
  const [value, setValue] = useState<T>(() => {
    const kept = stored(key);
    return fits(kept) ? kept : initial;
  });
  const keep = (next: T): void => {
    setValue(next);
    attempt(() => sessionStorage.setItem(key, JSON.stringify(next)));
  };
  const forget = (): void => {
    setValue(initial);
    attempt(() => sessionStorage.removeItem(key));
  };
  return [value, keep, forget];
}

function stored(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null; // no storage, or nothing of ours
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Without storage the value lives as long as the page does.
  }
}

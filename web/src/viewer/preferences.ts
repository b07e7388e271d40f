import type { Quality } from "./view";

const KEY = "tabrl.quality";

/** `?quality=` wins over what was chosen before; high is the default. */
export function initialQuality(search: string, stored: string | null): Quality {
  const wanted = new URLSearchParams(search).get("quality") ?? stored;
  return wanted === "low" ? "low" : "high";
}

export function loadQuality(): Quality {
  return initialQuality(window.location.search, read());
}

export function storeQuality(quality: Quality): void {
  try {
    window.localStorage.setItem(KEY, quality);
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is left.
  }
}

function read(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

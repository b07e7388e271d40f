import type { Quality } from "./view";

const KEY = "tabrl.quality";

/** `?quality=` wins over what was chosen before; high is the default. */
export function initialQuality(search: string, stored: string | null): Quality {
  const wanted = new URLSearchParams(search).get("quality") ?? stored;
  return wanted === "low" ? "low" : "high";
}

/** Also keeps a choice made in the address, which the next page of this tab no longer shows. */
export function loadQuality(): Quality {
  const quality = initialQuality(window.location.search, read());
  if (window.location.search.includes("quality=")) storeQuality(quality);
  return quality;
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

import type { Wish } from "@/inference/types";
import type { Quality } from "./view";

const KEY = "tabrl.quality";
const INFERENCE = "tabrl.inference";

/** `?quality=` wins over what was chosen before; high is the default. */
export function initialQuality(search: string, stored: string | null): Quality {
  const wanted = new URLSearchParams(search).get("quality") ?? stored;
  return wanted === "low" || wanted === "full" ? wanted : "high";
}

/** Also keeps a choice made in the address, which the next page of this tab no longer shows. */
export function loadQuality(): Quality {
  const quality = initialQuality(window.location.search, read(KEY));
  if (window.location.search.includes("quality=")) storeQuality(quality);
  return quality;
}

export function storeQuality(quality: Quality): void {
  store(KEY, quality);
}

/** `?inference=` wins over what was chosen before; by itself the page decides. */
export function initialWish(search: string, stored: string | null): Wish {
  const wanted = new URLSearchParams(search).get("inference") ?? stored;
  return wanted === "server" || wanted === "browser" ? wanted : "auto";
}

/** As `loadQuality`. */
export function loadWish(): Wish {
  const wish = initialWish(window.location.search, read(INFERENCE));
  if (window.location.search.includes("inference=")) storeWish(wish);
  return wish;
}

export function storeWish(wish: Wish): void {
  store(INFERENCE, wish);
}

function store(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is left.
  }
}

function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

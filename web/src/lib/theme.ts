/** Light or dark: as the system has it, unless somebody chose. */

export type Theme = "system" | "light" | "dark";

const KEY = "tabrl.theme";
const listeners = new Set<() => void>();
const dark = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

let chosen: Theme = "system";

/** What is stored, as a theme; anything else is the system's. */
export function asTheme(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : "system";
}

/** The theme that comes after one, round and round. */
export function nextTheme(theme: Theme): Theme {
  return theme === "system" ? "light" : theme === "light" ? "dark" : "system";
}

/** Take over what was chosen before; to be called before anything is drawn. */
export function recallTheme(): void {
  try {
    chosen = asTheme(window.localStorage.getItem(KEY));
  } catch {
    chosen = "system"; // storage may be forbidden
  }
  show();
  dark().addEventListener("change", tell);
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  try {
    window.localStorage.setItem(KEY, theme);
  } catch {
    // It then lasts until the page is left.
  }
  show();
  tell();
}

export const chosenTheme = (): Theme => chosen;

/** Which of the two is seen. */
export function isDark(): boolean {
  return chosen === "system" ? dark().matches : chosen === "dark";
}

/** Called whenever what is seen may have changed. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A CSS colour as canvases and shaders understand it: "rgb(11, 14, 19)". */
export function resolved(color: string): string {
  const probe = document.createElement("span");
  probe.style.color = color;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function show(): void {
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
}

function tell(): void {
  for (const listener of listeners) listener();
}

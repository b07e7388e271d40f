import { Moon, Sun, SunMoon } from "lucide-react";
import type { ReactNode } from "react";
import { useSyncExternalStore } from "react";
import type { Theme } from "@/lib/theme";
import { chooseTheme, chosenTheme, isDark, nextTheme, onTheme } from "@/lib/theme";

const SIGNS: Record<Theme, ReactNode> = {
  system: <SunMoon className="size-4" aria-hidden />,
  light: <Sun className="size-4" aria-hidden />,
  dark: <Moon className="size-4" aria-hidden />,
};

/** Whether the page is dark; drawn anew when that changes. */
export function useDark(): boolean {
  return useSyncExternalStore(onTheme, isDark);
}

/** Round through: as the system has it, light, dark. */
export function ThemeButton(): ReactNode {
  const theme = useSyncExternalStore(onTheme, chosenTheme);
  return (
    <button
      type="button"
      onClick={() => chooseTheme(nextTheme(theme))}
      aria-label={`Colours: ${theme}`}
      title={`Colours: ${theme === "system" ? "as the system has them" : theme}`}
      className="grid size-8 place-items-center rounded-lg text-soft transition-colors hover:bg-raised hover:text-text"
    >
      {SIGNS[theme]}
    </button>
  );
}

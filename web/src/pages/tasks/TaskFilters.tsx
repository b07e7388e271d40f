import { Search, Star } from "lucide-react";
import type { ReactNode } from "react";
import type { Standing, Wanted } from "@/api/search";
import type { Robot } from "@/api/types";
import { cx } from "@/ui/kit";
import { STANDINGS } from "./standing";
import { MAX_TEXT } from "./wanted";

interface Props {
  wanted: Wanted;
  onWanted: (wanted: Wanted) => void;
  robots: readonly Robot[];
  /** Not offered where all that is listed stands alike. */
  standings?: boolean;
}

const FIELD = "h-9 rounded-lg border border-line-strong bg-panel px-3 text-sm";

/** What to look for: words of the sentence, the robot, where it stands, a star. */
export function TaskFilters({ wanted, onWanted, robots, standings = true }: Props): ReactNode {
  return (
    <search className="flex flex-wrap items-center gap-2">
      <label className="relative min-w-0 flex-1 basis-60">
        <span className="sr-only">Search in sentences</span>
        <Search className="absolute top-2.5 left-3 size-4 text-faint" aria-hidden />
        <input
          type="search"
          dir="auto"
          value={wanted.text}
          maxLength={MAX_TEXT}
          placeholder="Search"
          onChange={({ target }) => onWanted({ ...wanted, text: target.value })}
          className={cx(FIELD, "w-full pl-9 placeholder:text-faint")}
        />
      </label>
      {robots.length > 1 && (
        <select
          aria-label="Robot"
          value={wanted.robot ?? ""}
          onChange={({ target }) => onWanted({ ...wanted, robot: target.value || null })}
          className={FIELD}
        >
          <option value="">All robots</option>
          {robots.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      {standings && (
        <select
          aria-label="State"
          value={wanted.standing ?? ""}
          onChange={({ target }) =>
            onWanted({ ...wanted, standing: (target.value || null) as Standing | null })
          }
          className={FIELD}
        >
          <option value="">In any state</option>
          {Object.entries(STANDINGS).map(([standing, { label }]) => (
            <option key={standing} value={standing}>
              {label}
            </option>
          ))}
        </select>
      )}
      <button
        type="button"
        aria-pressed={wanted.starred}
        onClick={() => onWanted({ ...wanted, starred: !wanted.starred })}
        className={cx(
          FIELD,
          "flex items-center gap-2 transition-colors hover:border-faint",
          wanted.starred ? "text-accent" : "text-soft",
        )}
      >
        <Star className="size-4" fill={wanted.starred ? "currentColor" : "none"} aria-hidden />
        Kept
      </button>
    </search>
  );
}

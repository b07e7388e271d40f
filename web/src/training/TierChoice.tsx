import { Gamepad2, Hourglass, Timer } from "lucide-react";
import type { ReactNode } from "react";
import { useId } from "react";
import type { Length } from "@/api/lengths";
import { useQuote } from "@/api/lengths";
import type { Tier, TierQuote } from "@/api/types";
import { MINUTES } from "@/generated/contract";
import { cx } from "@/ui/kit";
import { quoteWords } from "./quotes";

const TIERS: { tier: Tier; name: string; what: string; icon: ReactNode }[] = [
  {
    tier: "command",
    name: "Seconds",
    what: "only find the commands that do it",
    icon: <Gamepad2 className="size-4" aria-hidden />,
  },
  {
    tier: "fine-tune",
    name: "A minute",
    what: "and fine-tune the policy on it",
    icon: <Timer className="size-4" aria-hidden />,
  },
  {
    tier: "full",
    name: "Minutes",
    what: "learn until nothing is gained",
    icon: <Hourglass className="size-4" aria-hidden />,
  },
];

interface Props {
  robot: string;
  value: Length;
  onChange: (length: Length) => void;
  /** What may be chosen; all tiers unless told. */
  tiers?: readonly Tier[];
  label?: string;
}

/** For how long to train, each choice with what it will take. */
export function TierChoice({ robot, value, onChange, tiers, label }: Props): ReactNode {
  const name = useId();
  const minutes = value.minutes ?? MINUTES.usual;
  const quote = useQuote(robot, minutes);
  const offered = TIERS.filter(({ tier }) => tiers === undefined || tiers.includes(tier));
  return (
    <fieldset className="min-w-0" data-testid="tiers">
      <legend className="mb-1.5 text-xs text-faint">{label ?? "Train for"}</legend>
      <div className="flex flex-wrap gap-2">
        {offered.map(({ tier, name: title, what, icon }) => (
          <label
            key={tier}
            className={cx(
              "flex min-w-44 flex-1 cursor-pointer flex-col gap-0.5 rounded-lg border px-3 py-2 transition-colors focus-within:ring-2 focus-within:ring-accent/60",
              value.tier === tier
                ? "border-accent/60 bg-raised"
                : "border-line hover:border-line-strong",
            )}
          >
            <span className="flex items-center gap-2 text-sm font-medium">
              <input
                type="radio"
                name={name}
                value={tier}
                className="sr-only"
                checked={value.tier === tier}
                onChange={() => onChange(tier === "full" ? { tier, minutes } : { tier })}
              />
              {icon}
              {tier === "full" ? `${minutes} minutes` : title}
            </span>
            <span className="text-xs text-soft">{what}</span>
            <span className="tabular text-[11px] text-faint" data-testid={`quote-${tier}`}>
              {words(quote.data?.tiers, tier)}
            </span>
          </label>
        ))}
      </div>
      {value.tier === "full" && (
        <label className="mt-2 flex items-center gap-3 text-xs text-soft">
          Minutes
          <input
            type="range"
            min={MINUTES.least}
            max={MINUTES.most}
            step={5}
            value={minutes}
            onChange={(event) => onChange({ tier: "full", minutes: Number(event.target.value) })}
            className="min-w-0 flex-1 accent-accent"
          />
          <span className="tabular w-12 text-right font-mono">{minutes}</span>
        </label>
      )}
    </fieldset>
  );
}

function words(quotes: readonly TierQuote[] | undefined, tier: Tier): string {
  const quote = quotes?.find((one) => one.tier === tier);
  return quote === undefined ? "…" : quoteWords(quote);
}

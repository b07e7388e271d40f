import * as Slider from "@radix-ui/react-slider";
import type { ReactNode } from "react";
import { figure, words } from "@/lib/format";

interface Props {
  term: string;
  color: string;
  value: number;
  initial: number;
  onChange: (value: number) => void;
  disabled?: boolean;
}

/** A reward term's weight, from none to three times what the author gave it. */
export function WeightSlider({
  term,
  color,
  value,
  initial,
  onChange,
  disabled = false,
}: Props): ReactNode {
  const sign = initial < 0 ? -1 : 1;
  const most = 3 * Math.abs(initial) || 1;
  const changed = Math.abs(value - initial) > 1e-9;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(64px,1fr)_3.25rem] items-center gap-3 text-[13px]">
      <span className="flex min-w-0 items-center gap-2">
        <span className="size-2 shrink-0 rounded-full" style={{ background: color }} aria-hidden />
        <span className="truncate" title={words(term)}>
          {words(term)}
        </span>
      </span>
      <Slider.Root
        className="relative flex h-5 items-center select-none touch-none"
        min={0}
        max={most}
        step={most / 60}
        value={[Math.abs(value)]}
        disabled={disabled}
        onValueChange={([next]) => onChange(sign * (next ?? 0))}
      >
        <Slider.Track className="relative h-1 grow rounded-full bg-line">
          <Slider.Range
            className="absolute h-full rounded-full"
            style={{ background: color, opacity: 0.75 }}
          />
        </Slider.Track>
        {!disabled && (
          <Slider.Thumb
            aria-label={`Weight of ${words(term)}`}
            className="block size-3.5 rounded-full border-2 bg-panel transition-transform hover:scale-110"
            style={{ borderColor: color }}
          />
        )}
      </Slider.Root>
      <button
        type="button"
        disabled={!changed || disabled}
        onClick={() => onChange(initial)}
        title={changed ? `Back to ${figure(initial)}` : undefined}
        className={cx2(changed)}
      >
        {figure(value)}
      </button>
    </div>
  );
}

function cx2(changed: boolean): string {
  return `tabular text-right font-mono text-xs ${changed ? "text-accent underline decoration-dotted underline-offset-4" : "text-soft"}`;
}

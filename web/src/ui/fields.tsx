import type { InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from "react";
import { useId } from "react";
import { cx } from "./kit";

const LOOK =
  "h-8 w-full min-w-0 rounded-md border bg-well px-2 text-[13px] text-text outline-none transition-colors disabled:opacity-50";

const CALM = "border-line-strong focus:border-accent/60";

interface FieldProps {
  label: string;
  fault?: string | undefined;
  className?: string;
  /** The control, which takes the given id. */
  children: (id: string) => ReactNode;
}

/** A labelled field with what is wrong about it. */
export function Field({ label, fault, className, children }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className={cx("min-w-0", className)}>
      <div className="mb-0.5 flex justify-between gap-2 text-[11px] text-faint">
        <label htmlFor={id} className="shrink-0">
          {label}
        </label>
        {fault !== undefined && <span className="truncate text-bad">{fault}</span>}
      </div>
      {children(id)}
    </div>
  );
}

interface InputProps extends InputHTMLAttributes<HTMLInputElement> {
  invalid?: boolean;
  /** Shown after the number. */
  unit?: string;
}

/** A number as text: whatever is typed stays, and a decimal comma is understood. */
export function NumberInput({
  invalid = false,
  unit = "",
  className,
  ...rest
}: InputProps): ReactNode {
  return (
    <span className={cx("relative block", className)}>
      <input
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={invalid}
        className={cx(
          LOOK,
          "tabular font-mono text-xs",
          invalid ? "border-bad/60 focus:border-bad" : CALM,
        )}
        style={unit === "" ? undefined : { paddingRight: `${unit.length * 0.62 + 0.9}em` }}
        {...rest}
      />
      {unit !== "" && (
        <span className="pointer-events-none absolute inset-y-0 right-2 flex items-center text-[11px] text-faint">
          {unit}
        </span>
      )}
    </span>
  );
}

export function Select({
  className,
  children,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  return (
    <select className={cx(LOOK, CALM, "[&>option]:bg-panel", className)} {...rest}>
      {children}
    </select>
  );
}

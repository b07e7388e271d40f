import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode } from "react";

/** Class names without the falsy ones. */
export function cx(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

type Tone = "primary" | "plain" | "quiet" | "danger";

const TONES: Record<Tone, string> = {
  primary: "bg-accent text-on-accent font-semibold hover:bg-accent-lift",
  plain: "bg-raised text-text border border-line-strong hover:border-faint hover:bg-lift",
  quiet: "text-soft hover:text-text hover:bg-raised",
  danger: "bg-transparent text-bad border border-bad/40 hover:bg-bad/10",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  busy?: boolean;
}

export function Button({
  tone = "plain",
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      disabled={disabled === true || busy}
      className={cx(
        "inline-flex h-9 items-center justify-center gap-2 rounded-lg px-3.5 text-sm whitespace-nowrap transition-colors disabled:opacity-50",
        TONES[tone],
        className,
      )}
      {...rest}
    >
      {busy && <LoaderCircle className="size-4 animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

type Mood = "neutral" | "accent" | "good" | "warn" | "bad";

const MOODS: Record<Mood, string> = {
  neutral: "bg-raised text-soft border-line-strong",
  accent: "bg-accent-deep/60 text-accent border-accent/30",
  good: "bg-good/10 text-good border-good/30",
  warn: "bg-warn/10 text-warn border-warn/30",
  bad: "bg-bad/10 text-bad border-bad/30",
};

/** A few words in a pill; where they are more than its place holds, they take a second line. */
export function Badge({
  mood = "neutral",
  children,
  title,
}: {
  mood?: Mood;
  children: ReactNode;
  title?: string;
}): ReactNode {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex min-w-0 items-center gap-1.5 rounded-xl border px-2 py-0.5 text-xs font-medium wrap-anywhere",
        MOODS[mood],
      )}
    >
      {children}
    </span>
  );
}

const NOTES: Record<"info" | "warn" | "bad", string> = {
  info: "border-line-strong bg-raised/70 text-soft",
  warn: "border-warn/35 bg-warn/10 text-soft",
  bad: "border-bad/35 bg-bad/10 text-soft",
};

interface NoteProps {
  kind?: "info" | "warn" | "bad";
  title: string;
  /** Nothing else is on the page: the title is its heading. */
  heading?: boolean;
  children?: ReactNode;
  action?: ReactNode | undefined;
}

/** A message that says what happened and what to do. */
export function Note(props: NoteProps): ReactNode {
  const { kind = "info", title, heading = false, children, action } = props;
  const Title = heading ? "h1" : "p";
  return (
    <div
      role={kind === "info" ? "status" : "alert"}
      className={cx(
        "rise flex flex-wrap items-center gap-3 rounded-xl border px-4 py-3 text-sm",
        NOTES[kind],
      )}
    >
      <div className="min-w-0 flex-1 basis-64">
        <Title className="font-medium text-text wrap-anywhere">{title}</Title>
        {children !== undefined && <div className="mt-0.5 leading-relaxed">{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** A heading of one of the page's steps. */
export function StepHeading({
  step,
  title,
  aside,
}: {
  step: string;
  title: string;
  aside?: ReactNode;
}): ReactNode {
  return (
    <div className="mb-3 flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
      <div>
        <p className="eyebrow">{step}</p>
        <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      </div>
      {aside}
    </div>
  );
}

export function Skeleton({ className }: { className?: string }): ReactNode {
  return <div className={cx("shimmer rounded-lg", className)} aria-hidden />;
}

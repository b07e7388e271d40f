import type { ReactNode } from "react";
import type { Task } from "@/api/types";
import { Keep } from "@/tasks/Keep";
import { Badge } from "@/ui/kit";

/** What was understood of a task's sentence, and keeping or deleting it. */
export function About({ task }: { task: Task }): ReactNode {
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3">
      <Words task={task} />
      <Keep task={task} />
    </div>
  );
}

/** Which words of the sentence the writer could use. */
function Words({ task }: { task: Task }): ReactNode {
  if (task.understood.length === 0 && task.not_understood.length === 0) return <span />;
  return (
    <section className="flex flex-wrap gap-x-3 gap-y-1.5" aria-label="What was understood">
      <WordList title="Understood" mood="accent" words={task.understood} />
      <WordList title="Not understood" mood="warn" words={task.not_understood} />
    </section>
  );
}

interface WordListProps {
  title: string;
  mood: "accent" | "warn";
  words: readonly string[];
}

function WordList({ title, mood, words }: WordListProps): ReactNode {
  if (words.length === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-1.5 text-xs">
      <span className="text-faint">{title}</span>
      {words.map((word) => (
        <Badge key={word} mood={mood}>
          {word}
        </Badge>
      ))}
    </p>
  );
}

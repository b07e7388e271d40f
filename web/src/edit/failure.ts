import type { Failure } from "@/api/types";

/** What is wrong, without the line that some messages begin with. */
export function messageOf({ message }: Failure): string {
  return message.replace(/^line \d+:\s*/i, "");
}

/** What is wrong, with its line where one is at fault. */
export function failureWords(failure: Failure): string {
  const message = messageOf(failure);
  return failure.line == null ? message : `Line ${failure.line}: ${message}`;
}

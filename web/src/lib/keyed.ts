/** Items with a key each, for React: the `name` of an item, numbered where several share it. */
export function keyed<T>(
  items: readonly T[],
  name: (item: T) => string,
): { key: string; item: T }[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const text = name(item);
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    return { key: count === 1 ? text : `${text} (${count})`, item };
  });
}

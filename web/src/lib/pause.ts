/** Let the page do what else it has to: the rest is a task of its own, `ms` later. */
export const pause = (ms = 0): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

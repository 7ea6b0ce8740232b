/**
 * 0: done as asked; 1: an error; 2: done, but not every run is complete and reconciled;
 * 130: ended early by Ctrl-C or SIGTERM.
 */
export const EXIT = { done: 0, error: 1, incomplete: 2, interrupted: 130 } as const

/** 0: done as asked; 1: an error; 2: done, but not every run is complete and reconciled. */
export const EXIT = { done: 0, error: 1, incomplete: 2 } as const

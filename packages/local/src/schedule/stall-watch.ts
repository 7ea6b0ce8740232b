/** Watches whether something that runs gets on. */
export interface StallWatch {
  /** Begins to watch one more. */
  watch(): { readonly progress: () => void; readonly end: () => void }
  /** How many do not get on at the moment. */
  count(): number
}

/** What has made no progress for `afterMs` does not get on, until it does again; `onStall` is told of each that stops. */
export function createStallWatch(afterMs: number, onStall: () => void): StallWatch {
  const stalled = new Set<NodeJS.Timeout>()
  return {
    watch() {
      const timer = setTimeout(() => {
        stalled.add(timer)
        onStall()
      }, afterMs)
      let isOver = false
      return {
        progress() {
          if (isOver) return
          stalled.delete(timer)
          timer.refresh()
        },
        end() {
          isOver = true
          clearTimeout(timer)
          stalled.delete(timer)
        },
      }
    },
    count: () => stalled.size,
  }
}

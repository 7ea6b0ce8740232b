import type { PoloConfig } from '@polo/core'
import type { LoadSummary } from '@polo/ingester'
import { hasLoadSources, type Loading, localLoader, startLoading } from '@polo/local'
import { describeError } from '../output/describe-error.ts'
import type { Output } from '../output/output.ts'
import type { Session } from '../session/session.ts'
import { tellOn } from '../up/watch/watch-pipeline.ts'

interface LoadOptions {
  readonly session: Session
  readonly config: PoloConfig
  readonly output: Output
}

/** The loader of what the configuration names, whose results are lines on stderr; undefined where it names nothing. */
function loaderOf({ session, config, output }: LoadOptions) {
  if (!hasLoadSources(config) || session.isDeployed) return undefined
  const tell = tellOn(output)
  const loader = localLoader({
    ...session,
    config,
    onResult: ({ kind, target }, { status, rows = 0, error = '' }) =>
      tell(`${kind} ${target} ${status}: ${error || `${rows.toLocaleString('en-US')} rows`}`),
  })
  return { loader, tell }
}

/** Loads what is asked for as long as Polo is up. */
export function startConfiguredLoading(options: LoadOptions): Loading | undefined {
  const found = loaderOf(options)
  if (!found) return undefined
  const { loader, tell } = found
  let told = ''
  return startLoading({
    loader,
    onError(error) {
      const problem = describeError(error)
      if (problem !== told) tell(`! loading: ${problem}`)
      told = problem
    },
  })
}

/** One pass, after requests were collected; undefined where nothing is loaded here. */
export async function loadOnce(options: LoadOptions, signal: AbortSignal): Promise<LoadSummary | undefined> {
  const loader = loaderOf(options)?.loader
  if (!loader) return undefined
  options.output.progress('loading')
  try {
    return await loader.run({ signal })
  } finally {
    options.output.clearProgress()
    await loader.close()
  }
}

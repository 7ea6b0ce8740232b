// A loader of flow logs that kills itself right after the statement that begins with a given text.

import { PoloConfig } from '@polo/core'
import { connectClickHouse, createLoader, type LoadKind, loadKinds } from '@polo/ingester'

const [url = '', database = '', directory = '', lastStatement = ''] = process.argv.slice(2)

const kinds = loadKinds(PoloConfig.parse({})).map(
  (kind): LoadKind => ({
    ...kind,
    load: (loads, context) =>
      kind.load(loads, {
        ...context,
        async run(query, options) {
          await context.run(query, options)
          if (query.trimStart().startsWith(lastStatement)) process.kill(process.pid, 'SIGKILL')
        },
      }),
  }),
)

const loader = createLoader({
  clickhouse: connectClickHouse({ url, database }),
  target: { kind: 'embedded' },
  kinds,
  sources: { cur: [], flow_logs: [] },
  directories: [directory],
  name: 'killed',
})
await loader.run()

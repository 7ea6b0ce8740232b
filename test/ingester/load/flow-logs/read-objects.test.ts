import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { directoryFiles } from '../../../../packages/ingester/src/load/bulk-files.ts'
import { readObjects } from '../../../../packages/ingester/src/load/flow-logs/read-objects.ts'
import { createStatements } from '../../../../packages/ingester/src/load/statements.ts'
import { requestOf, useFlowLogs } from './flow-log-stage.ts'
import { flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()

it('finds the field names of large objects, whose parts are read side by side', async () => {
  const { clickhouse, directory } = flowLogs.place()
  const record = { 'ecs-task-id': 'task', ...flowRecord() }
  const [names = '', line = ''] = logOf(record).split('\n')
  const first = await flowLogs.write('0.log', [names, ...Array<string>(200_000).fill(line), ''].join('\n'))
  const copies = Array.from({ length: 31 }, (_, index) => `${index + 1}.log`)
  await Promise.all(copies.map((key) => link(join(directory, first), join(directory, key))))

  const statements = createStatements(clickhouse, new AbortController().signal)
  const objects = await readObjects(
    [first, ...copies].map((key) => requestOf(directory, key, '')),
    { ...statements, files: directoryFiles(directory, statements.select) },
  )
  expect(objects.map(({ format }) => format?.fields)).toEqual(objects.map(() => Object.keys(record)))
})

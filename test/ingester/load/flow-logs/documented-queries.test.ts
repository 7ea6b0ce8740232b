import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { interfaceEvent } from './interface-event.ts'
import { awsKey, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()
const PAGE = readFileSync(new URL('../../../../docs/flow-logs.md', import.meta.url), 'utf8')
const QUERIES = [...PAGE.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query = '']) => query)

it('answers the queries of the page', async () => {
  await flowLogs.insert('resource_events', [
    interfaceEvent('eni-0a', { private_ip_address: '10.0.0.5' }),
    interfaceEvent('eni-0b', { private_ip_address: '10.0.0.7', interface_type: 'nat_gateway' }),
    interfaceEvent('eni-0c', { private_ip_address: '10.0.0.8', interface_type: 'transit_gateway' }),
    interfaceEvent('eni-0d', {
      private_ip_address: '10.0.0.9',
      interface_type: 'gateway_load_balancer_endpoint',
    }),
  ])
  const start = Math.floor(Date.now() / 1_000) - 3_600
  const sent = flowRecord({ start, end: start + 5 })
  const key = awsKey().replace('.gz', '')
  const onTheWay = [
    { ...sent, 'interface-id': 'eni-0b', srcaddr: '10.0.0.7' },
    { ...sent, 'interface-id': 'eni-0c', srcaddr: '10.0.0.8' },
    // A firewall passes on what it is sent, and a regional NAT gateway has no interface.
    { ...sent, 'interface-id': 'eni-0d' },
    { ...sent, 'interface-id': '-', srcaddr: '10.0.0.10' },
  ]
  const stopped = { ...sent, action: 'REJECT', bytes: 77 }
  const malformedLine = { ...sent, start: 'noon' }
  await flowLogs.load(await flowLogs.write(key, logOf(sent, ...onTheWay, stopped, malformedLine)))

  const [byCustomer, malformed, once] = await Promise.all(QUERIES.map(flowLogs.select))
  expect(byCustomer?.map(({ peer, sent }) => [peer, sent])).toEqual(
    Array.from({ length: 5 }, () => ['internet', '1000.00 B']),
  )
  expect(malformed).toMatchObject([{ records: 6, malformed_lines: 1, skipdata_records: 0 }])
  expect(once).toEqual([{ sent: '1000.00 B' }])
})

import { createServer, type Server } from 'node:http'
import { S3Client } from '@aws-sdk/client-s3'
import { STATE_CLIENT_SETTINGS, s3ObjectStore } from '@polo/functions/s3-object-store'
import { afterAll, beforeAll, expect, test } from 'vitest'

let server: Server
let endpoint: string
let asked = 0
beforeAll(async () => {
  // Takes every request and answers none.
  server = createServer(() => {
    asked++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  endpoint = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('gives up a bucket that does not answer', async () => {
  const client = new S3Client({
    ...STATE_CLIENT_SETTINGS,
    endpoint,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const store = s3ObjectStore(client, 'polo-test-state')
  const calls = [store.read('dispatcher/accounts.json'), store.write('dispatcher/accounts.json', '[]')]
  expect(await Promise.allSettled(calls)).toMatchObject([
    { status: 'rejected', reason: { name: 'TimeoutError' } },
    { status: 'rejected', reason: { name: 'TimeoutError' } },
  ])
  client.destroy()
  const { maxAttempts, requestHandler } = STATE_CLIENT_SETTINGS
  expect(asked).toBeLessThanOrEqual(calls.length * maxAttempts)
  // The dispatcher waits for ten seconds, of which the client spends some between its tries.
  expect(maxAttempts * requestHandler.requestTimeout).toBeLessThan(9_000)
})

// A process that answers like ClickHouse and keeps nothing. It sends its parent the port it got.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'x-clickhouse-query-id': 'discarded', 'content-type': 'text/plain' }).end()
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') process.send?.(address.port)
})
process.once('disconnect', () => process.exit())

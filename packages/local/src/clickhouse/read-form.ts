import type { IncomingMessage } from 'node:http'
import { failures } from './click-house-failure.ts'

const MAX_FORM_BYTES = 16 * 1024 * 1024

/**
 * Reads a multipart body, in which clients send parameters that are too long for a URL.
 * Undefined for any other body. @throws ClickHouseFailure for files (external tables) and malformed forms
 */
export async function readForm(request: IncomingMessage): Promise<[string, string][] | undefined> {
  const type = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) return undefined
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    parts.push(chunk)
    size += chunk.length
    if (size > MAX_FORM_BYTES) throw failures.badArguments(`The form is longer than ${MAX_FORM_BYTES} bytes`)
  }
  const form = await new Response(Buffer.concat(parts), { headers: { 'Content-Type': type } })
    .formData()
    .catch(() => {
      throw failures.badArguments('The multipart body is malformed')
    })
  return [...form].map(([name, value]) => {
    if (typeof value !== 'string') throw failures.notImplemented('External tables are not supported')
    return [name, value]
  })
}

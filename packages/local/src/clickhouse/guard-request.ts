import type { IncomingMessage } from 'node:http'

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Says why a request must be refused because a web page may have sent it, or undefined.
 * A page can reach a server on loopback with a form, an image, or a name that it makes resolve to 127.0.0.1.
 */
export function refuseForeignRequest({ headers }: IncomingMessage): string | undefined {
  if (!LOOPBACK_NAMES.has(hostnameOf(`http://${headers.host ?? ''}`))) {
    return 'The Host header must name 127.0.0.1, localhost or [::1]'
  }
  if (headers.origin !== undefined && !LOOPBACK_NAMES.has(hostnameOf(headers.origin))) {
    return 'Requests from web pages of other origins are refused'
  }
  const site = headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site')
    return 'Requests from web pages of other sites are refused'
  return undefined
}

function hostnameOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

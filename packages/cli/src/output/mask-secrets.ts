const IN_URL = /(\/\/[^\s/:@]*):[^\s/]*@/g
const CREDENTIALS = /\/\/[^\s/?#]*@/g
const IN_QUERY = /([?&][^=&\s]*(?:password|secret|token|key)[^=&\s]*=)[^&\s]*/gi
const SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID']
const URLS = [
  'POLO_CLICKHOUSE_URL',
  'POLO_QUEUE_URL',
  'POLO_BACKFILL_QUEUE_URL',
  'POLO_DEAD_LETTER_QUEUE_URL',
  'POLO_JOBS_DEAD_LETTER_QUEUE_URL',
]
/** A shorter one would mask words that merely hold it. */
const SHORTEST = 4

/** Text in which neither a URL's password nor one of the environment's secrets is readable. */
export function maskSecrets(text: string, environment: NodeJS.ProcessEnv): string {
  const passwords = URLS.flatMap((name) => {
    const password = URL.parse(environment[name] ?? '')?.password ?? ''
    return [password, decode(password)]
  })
  const secrets = [...SECRETS.map((name) => environment[name] ?? ''), ...passwords]
  const masked = text.replace(IN_URL, '$1:***@').replace(IN_QUERY, '$1***')
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), masked)
}

/** Text whose URLs say where, and neither as whom nor with which secret. */
export function dropCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//').replace(IN_QUERY, '$1***')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

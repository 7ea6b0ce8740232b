import { Readable } from 'node:stream'

interface Request {
  readonly hostname: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What was asked: the operation, its input, and where. */
export interface Asked {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  readonly host: string
}

type Input = Readonly<Record<string, unknown>>
/** The answer's text or value, or an error by its code. */
type Answer = string | object
type Answers = Readonly<Record<string, Answer | ((input: Input) => Answer)>>

/** An error as AWS's JSON protocols word it. */
export function refusal(code: string) {
  return { refusal: code }
}

/** Answers in the network's place, as AWS's JSON protocols give them, by operation; what is not among them is denied. */
export function jsonAnswers(answers: Answers) {
  const asked: Asked[] = []
  const handle = async (request: Request) => {
    const input = readInput(request.body)
    const operation = request.headers['x-amz-target']?.split('.')[1] ?? request.path.slice(1)
    asked.push({ operation, input, host: request.hostname })
    const known = answers[operation] ?? refusal('AccessDeniedException')
    const answer = typeof known === 'function' ? known(input) : known
    if (typeof answer === 'string') return respond(200, answer)
    if ('refusal' in answer) return respond(400, JSON.stringify({ __type: answer.refusal, message: 'no' }))
    return respond(200, JSON.stringify(answer))
  }
  return { requestHandler: { handle }, asked }
}

function readInput(body: unknown): Input {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body)
  return JSON.parse(text)
}

function respond(statusCode: number, body: string) {
  return {
    response: {
      statusCode,
      headers: { 'content-type': 'application/json' },
      body: Readable.from([Buffer.from(body)]),
    },
  }
}

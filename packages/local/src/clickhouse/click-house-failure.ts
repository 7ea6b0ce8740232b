/** An error to be answered in ClickHouse's own words: `Code: 62. DB::Exception: … (SYNTAX_ERROR)`. */
export class ClickHouseFailure extends Error {
  override name = 'ClickHouseFailure'
  readonly code: number
  readonly type: string

  constructor(code: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.type = type
  }
}

/** Builders of the failures that the front itself answers, by ClickHouse's code and name. */
export const failures = {
  syntax: (message: string) => new ClickHouseFailure(62, 'SYNTAX_ERROR', message),
  notImplemented: (message: string) => new ClickHouseFailure(48, 'NOT_IMPLEMENTED', message),
  unknownSetting: (name: string) =>
    new ClickHouseFailure(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'`),
  infile: () =>
    new ClickHouseFailure(78, 'UNKNOWN_TYPE_OF_QUERY', 'Query has infile and was send directly to server'),
  outfile: () => new ClickHouseFailure(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed'),
  readonly: () =>
    new ClickHouseFailure(
      164,
      'READONLY',
      'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. ' +
        'You should use method POST for modifying queries',
    ),
  sessionNotFound: () => new ClickHouseFailure(372, 'SESSION_NOT_FOUND', 'Session not found'),
  sessionLocked: () =>
    new ClickHouseFailure(373, 'SESSION_IS_LOCKED', 'Session is locked by a concurrent client'),
  authentication: () =>
    new ClickHouseFailure(
      516,
      'AUTHENTICATION_FAILED',
      'Authentication failed: password is incorrect, or there is no user with such name',
    ),
  noSpace: (cause: unknown) =>
    new ClickHouseFailure(243, 'NOT_ENOUGH_SPACE', 'Not enough space to receive the request body', { cause }),
  badArguments: (message: string) => new ClickHouseFailure(36, 'BAD_ARGUMENTS', message),
}

const MESSAGE =
  /^(?:Code: (\d+)\. DB::(?:\w*Exception): )+([\s\S]*?)\s*\(([A-Z0-9_]*[A-Z]{3}[A-Z0-9_]*)\)\s*$/

/** Reads what the embedded engine threw; `hiddenPaths` are cut out of its message. */
export function toClickHouseFailure(error: unknown, hiddenPaths: readonly string[] = []): ClickHouseFailure {
  if (error instanceof ClickHouseFailure) return error
  const text = (error instanceof Error ? error.message : String(error)).replace(/^Query failed: /, '')
  const [, code, body = text, type = 'UNKNOWN_EXCEPTION'] = MESSAGE.exec(text) ?? []
  const options = { cause: error }
  return new ClickHouseFailure(Number(code ?? 1002), type, tidy(body, hiddenPaths), options)
}

// The engine runs each body from a file, and wraps the error that the server would have given in words of that.
function tidy(message: string, hiddenPaths: readonly string[]): string {
  let text = message
    .replace(/(?: \(version [^()]*(?:\([^()]*\))?\)\.?(?: \([A-Z0-9_]+\))?)+$/, '')
    .replace(/ \([A-Z0-9_]+\)$/, '')
    .replaceAll(': data for INSERT was parsed from file', '')
    .replaceAll(': While executing File', '')
  for (const path of hiddenPaths) {
    text = text
      .replaceAll(`: (in file/uri ${path})`, '')
      .replaceAll(`: While reading from: ${path}`, '')
      .replaceAll(path, 'the request body')
  }
  return text
}

const STATUS_OF_CODE = new Map<number, number>([
  ...codes(400, [6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 223, 321, 376, 427, 441]),
  ...codes(400, [675, 676]),
  ...codes(401, [194]),
  ...codes(403, [192, 193, 497, 512, 516]),
  ...codes(404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511]),
  ...codes(408, [159]),
  ...codes(411, [381]),
  ...codes(501, [48]),
  ...codes(503, [76, 209, 439]),
])

function codes(status: number, list: readonly number[]): [number, number][] {
  return list.map((code) => [code, status])
}

/**
 * The HTTP status that a ClickHouse server answers for an exception code.
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
 */
export function httpStatusOf(code: number): number {
  return STATUS_OF_CODE.get(code) ?? 500
}

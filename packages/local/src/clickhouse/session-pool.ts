import type { Session } from 'chdb'
import { failures } from './click-house-failure.ts'
import type { RequestOptions } from './read-request.ts'
import { quoteName, quoteString } from './sql-literals.ts'

const MAX_IDLE = 64

/** A session that one request has to itself. */
export interface Lease {
  session: Session
  /** `keep`: nothing but the request's own settings was changed in it. */
  release(keep: boolean): void
}

interface NamedSession {
  session: Session
  busy: boolean
  expiry: NodeJS.Timeout | undefined
}

/**
 * Gives each request a session in which only its own settings hold.
 *
 * Settings stick to an engine session, and closing one waits for every query that runs, so sessions are
 * used again, but only by requests that set the very same names: those overwrite all there is.
 */
export class SessionPool {
  readonly #open: () => Session
  readonly #idle = new Map<string, Session[]>()
  readonly #named = new Map<string, NamedSession>()
  #idleCount = 0

  constructor(open: () => Session) {
    this.#open = open
  }

  /** @throws ClickHouseFailure 372 or 373 for a `session_id`; whatever the settings are refused with */
  async lease(options: RequestOptions): Promise<Lease> {
    const lease = options.session ? this.#leaseNamed(options.session) : this.#leaseIdle(options)
    try {
      const settings = settingsStatement(options)
      if (settings !== '') await lease.session.queryAsync(settings)
      return lease
    } catch (error) {
      lease.release(true)
      throw error
    }
  }

  close(): void {
    for (const { session, expiry } of this.#named.values()) {
      clearTimeout(expiry)
      session.close()
    }
    for (const session of [...this.#idle.values()].flat()) session.close()
    this.#named.clear()
    this.#idle.clear()
  }

  #leaseIdle(options: RequestOptions): Lease {
    const shape = shapeOf(options)
    // A read-only session takes no settings any more.
    const reusable = !options.settings.has('readonly')
    const session = this.#take(shape) ?? this.#open()
    return {
      session,
      release: (keep) => {
        if (keep && reusable) this.#put(shape, session)
        else session.close()
      },
    }
  }

  #take(shape: string): Session | undefined {
    const session = this.#idle.get(shape)?.pop()
    if (session !== undefined) this.#idleCount--
    return session
  }

  #put(shape: string, session: Session): void {
    const sameShape = this.#idle.get(shape) ?? []
    // Set anew, so that the map's first entry is the shape that was used longest ago.
    this.#idle.delete(shape)
    this.#idle.set(shape, sameShape)
    sameShape.push(session)
    if (++this.#idleCount > MAX_IDLE) this.#evict()
  }

  #evict(): void {
    for (const [shape, sessions] of this.#idle) {
      if (sessions.length === 0) {
        this.#idle.delete(shape)
        continue
      }
      this.#take(shape)?.close()
      return
    }
  }

  #leaseNamed({ id, timeoutMs, mustExist }: NonNullable<RequestOptions['session']>): Lease {
    const known = this.#named.get(id)
    if (known?.busy) throw failures.sessionLocked()
    if (known === undefined && mustExist) throw failures.sessionNotFound()
    const named = known ?? { session: this.#open(), busy: true, expiry: undefined }
    this.#named.set(id, named)
    named.busy = true
    clearTimeout(named.expiry)
    return {
      session: named.session,
      release: () => {
        named.busy = false
        named.expiry = setTimeout(() => this.#expire(id), timeoutMs)
      },
    }
  }

  #expire(id: string): void {
    this.#named.get(id)?.session.close()
    this.#named.delete(id)
  }
}

function shapeOf({ settings, params }: RequestOptions): string {
  return JSON.stringify([[...settings.keys()].sort(), [...params.keys()].sort()])
}

function settingsStatement({ database, settings, params, session }: RequestOptions): string {
  const statements: string[] = []
  // A named session keeps the database that its own USE chose.
  if (database !== undefined || session === undefined)
    statements.push(`USE ${quoteName(database || 'default')}`)
  const readonlyLast = [...settings].sort(([a], [b]) => Number(a === 'readonly') - Number(b === 'readonly'))
  const changes = readonlyLast.map(([name, value]) => `${name} = ${quoteString(value)}`)
  if (changes.length > 0) statements.push(`SET ${changes.join(', ')}`)
  for (const [name, value] of params) statements.push(`SET param_${name} = ${quoteString(value)}`)
  return statements.join('; ')
}

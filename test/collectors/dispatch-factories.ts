import {
  type DispatchDependencies,
  type DispatchReport,
  type DispatchRequest,
  dispatch,
  type JobMessage,
  type ObjectStore,
} from '@polo/collectors'
import { type Account, parseConfig } from '@polo/core'
import { collectingSink, readRuns } from './run-stub.ts'

export const HUB = '999988887777'
export const NOW = new Date('2026-03-01T10:00:04.500Z')

/** An active account of the organization. */
export function account(id: string, overrides: Partial<Account> = {}): Account {
  return {
    aws_account_id: id,
    name: '',
    email: '',
    ou_path: '/',
    status: 'ACTIVE',
    tags: {},
    source: 'organization',
    account_role: '',
    polo_status: 'active',
    polo_read_role: '',
    external_id: '',
    regions: [],
    ...overrides,
  }
}

function dispatchRequest(overrides: Partial<DispatchRequest> = {}): DispatchRequest {
  return {
    collector: 'config_ec2',
    scope: 'account',
    schedule: { every: '15 minutes', offset: '0 minutes' },
    scheduledTime: '2026-03-01T10:00:00Z',
    ...overrides,
  }
}

export function memoryStore(): ObjectStore & { readonly writes: string[] } {
  const objects = new Map<string, string>()
  const writes: string[] = []
  return {
    writes,
    read: async (key) => objects.get(key),
    async write(key, body) {
      objects.set(key, body)
      writes.push(body)
    },
  }
}

/** A dispatcher of the given accounts whose jobs, records and notes can be looked at. */
export function dispatcher(accounts: readonly Account[], overrides: Partial<DispatchDependencies> = {}) {
  const jobs: JobMessage[] = []
  const notes: string[] = []
  const sink = collectingSink()
  const dependencies: DispatchDependencies = {
    listAccounts: async () => accounts,
    remembered: memoryStore(),
    sink,
    invoke: async (job) => void jobs.push(job),
    config: parseConfig({}),
    hubAccountId: HUB,
    region: 'eu-west-1',
    now: () => NOW,
    onNote: (note) => notes.push(note),
    retryDelayMs: 1,
    ...overrides,
  }
  return {
    jobs,
    notes,
    bodies: sink.bodies,
    runs: () => readRuns(sink.bodies),
    dispatch: (request: Partial<DispatchRequest> = {}): Promise<DispatchReport> =>
      dispatch(dispatchRequest(request), dependencies),
  }
}

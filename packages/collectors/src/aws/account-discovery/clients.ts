import { OrganizationsClient } from '@aws-sdk/client-organizations'
import type { CollectContext } from '../../collector.ts'

export const CLIENTS = { organizations: OrganizationsClient }
export type Context = CollectContext<typeof CLIENTS>

/** Organizations throttles by organization, and every caller in it draws on the same few calls a second. */
export const CALLS_AT_ONCE = 4
/** The most that Organizations gives. */
export const PAGE_SIZE = 20

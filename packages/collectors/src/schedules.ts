import type { Schedule } from '@polo/core'

/**
 * When collectors run, apart from each other: what reads stored rows comes after what stores them. All times are UTC.
 */
export const SCHEDULES = {
  /** Together, so that an instance, its volumes, its interfaces and their tags are seen at one time. */
  inventory: { every: '15 minutes', offset: '0 minutes' },
  /** By then an inventory of hundreds of accounts is stored; the snapshots are made of it. */
  snapshots: { every: '15 minutes', offset: '5 minutes' },
  /** Made of the snapshots. */
  hierarchy: { every: '15 minutes', offset: '10 minutes' },
  /** CloudWatch's basic period; also the shortest interval that every collector keeps to within its limits. */
  metrics: { every: '5 minutes', offset: '0 minutes' },
  /** Early in the day, with an inventory beside it: what it finds is dispatched to from the next one on, at 00:45. */
  accountDiscovery: { dailyAt: '00:30' },
  /** Cost Explorer is refreshed up to three times a day, at no set times: early enough for what is made of costs. */
  costExplorer: { dailyAt: '05:30' },
  /** After AWS has delivered in the night, and before the data quality of the day is looked at. */
  costExports: { dailyAt: '05:30' },
  /** When the daily collectors are through, and before people come to work in Europe. */
  dataQuality: { dailyAt: '07:00' },
  /** When AWS has counted the day before last, and most of the last one. */
  savingsPlans: { dailyAt: '06:00' },
  /** Once a week, when little else runs: list prices change a few times a year. */
  prices: { weeklyOn: 'sunday', at: '04:00' },
} as const satisfies Readonly<Record<string, Schedule>>

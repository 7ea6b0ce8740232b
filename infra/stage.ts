/** What is not the same in every stage. */
export interface StageSettings {
  /** Whether what holds data outlives its removal from the app. */
  readonly keepData: boolean
  readonly schedulesOn: boolean
  readonly alarms: boolean
  readonly logRetention: '1 year' | '1 month' | '1 week'
  /** Invocations of the ingester at a time, per queue; Lambda takes no less than 2. */
  readonly concurrency: { readonly events: number; readonly backfill: number }
}

const PRODUCTION: StageSettings = {
  keepData: true,
  schedulesOn: true,
  alarms: true,
  logRetention: '1 year',
  concurrency: { events: 8, backfill: 3 },
}
const STAGING: StageSettings = { ...PRODUCTION, keepData: false, logRetention: '1 month' }
/** One developer's: it costs next to nothing until it is used. */
const PERSONAL: StageSettings = {
  keepData: false,
  schedulesOn: false,
  alarms: false,
  logRetention: '1 week',
  concurrency: { events: 2, backfill: 2 },
}

/** Schedules of a personal stage are started by POLO_SCHEDULES=on, and those of any stage paused by `off`. */
function stageSettings(stage: string, schedules = process.env.POLO_SCHEDULES): StageSettings {
  const settings = stage === 'production' ? PRODUCTION : stage === 'staging' ? STAGING : PERSONAL
  if (schedules === undefined || schedules === '') return settings
  if (schedules === 'on' || schedules === 'off') return { ...settings, schedulesOn: schedules === 'on' }
  throw new Error(`POLO_SCHEDULES is '${schedules}': set it to on or off, or leave it out`)
}

export const settings = stageSettings($app.stage)

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { COLLECTORS, liveAws } from '@polo/collectors'
import { describeUsd, loadConfig } from '@polo/core'
import { awsFiles } from '../collect/aws-files.ts'
import { UsageError } from '../errors.ts'
import { describeError } from '../output/describe-error.ts'
import { type GlobalOptions, readSettings, type Settings } from '../session/settings.ts'
import { type Check, ok, problem, warning } from './check.ts'

const STS_TIMEOUT_MS = 20_000

/** The settings, and a check of them; variables that are not valid are left out of the settings. */
export function checkEnvironment(
  options: GlobalOptions,
  environment: NodeJS.ProcessEnv,
): { settings: Settings; check: Check } {
  try {
    const settings = readSettings(options, environment)
    return { settings, check: judgeEnvironment(settings) }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const valid = Object.entries(environment).filter((variable) => isValid(options, variable))
    const settings = readSettings(options, Object.fromEntries(valid))
    return { settings, check: problem('environment', error.message, 'set it right, or unset it') }
  }
}

function isValid(options: GlobalOptions, [name, value]: [string, string | undefined]): boolean {
  try {
    readSettings(options, { [name]: value })
    return true
  } catch {
    return false
  }
}

function judgeEnvironment({ clickhouseUrl, queueUrl, deadLetterQueueUrl }: Settings): Check {
  const set = Object.entries({
    POLO_CLICKHOUSE_URL: clickhouseUrl,
    POLO_QUEUE_URL: queueUrl,
    POLO_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
  }).filter(([, value]) => value !== undefined)
  const found = set.map(([name, value]) => `${name}=${value}`).join(', ') || 'everything on this machine'
  if (queueUrl && !clickhouseUrl) {
    return problem('environment', found, 'POLO_QUEUE_URL needs POLO_CLICKHOUSE_URL: set both or neither')
  }
  if (queueUrl && !deadLetterQueueUrl) {
    return warning('environment', found, 'set POLO_DEAD_LETTER_QUEUE_URL to see what could not be stored')
  }
  return ok('environment', found)
}

export async function checkConfig({ configFile, isConfigNamed }: Settings): Promise<Check> {
  try {
    const { paidApiBudgetUsd } = await loadConfig(configFile, { required: isConfigNamed })
    const found = existsSync(configFile) ? configFile : `defaults (there is no ${configFile})`
    return ok('configuration', `${found}; ${describeBudget(paidApiBudgetUsd)}`)
  } catch (error) {
    return problem('configuration', describeError(error), `correct ${configFile}`)
  }
}

function describeBudget(usd: number): string {
  if (usd > 0) return `calls that AWS charges for may cost ${describeUsd(usd)} a month`
  const paying = COLLECTORS.filter(({ budgetShare = 0 }) => budgetShare > 0).map(({ name }) => name)
  return `no calls that AWS charges for (paidApiBudgetUsd is 0), so nothing from ${paying.join(', ')}`
}

export interface CredentialsOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly profile: string | undefined
  /** Ask AWS who the caller is. */
  readonly asksAws: boolean
}

/** Which AWS credentials are named, never what they are. */
export async function checkCredentials(options: CredentialsOptions): Promise<Check[]> {
  const named = await checkNamedCredentials(options)
  return options.asksAws ? [named, await checkCaller(options.profile)] : [named]
}

async function checkNamedCredentials({ environment, profile }: CredentialsOptions): Promise<Check> {
  const name = profile ?? environment.AWS_PROFILE
  const { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secret } = environment
  if (name) {
    if (await hasProfile(name, environment)) return ok('AWS credentials', `profile ${name}`)
    const advice = `run aws configure --profile ${name}, or name another`
    return warning('AWS credentials', `there is no profile ${name} in the AWS configuration files`, advice)
  }
  if (keyId && secret) return ok('AWS credentials', 'keys in the environment')
  if (keyId || secret) {
    const missing = keyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'
    return warning('AWS credentials', `half a key in the environment: no ${missing}`, 'set both or neither')
  }
  return ok('AWS credentials', 'none named; the sample estate needs none, a live account AWS_PROFILE')
}

async function hasProfile(name: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const texts = await Promise.all(awsFiles(environment).map((file) => readFile(file, 'utf8').catch(() => '')))
  const heads = texts.join('\n').matchAll(/^\s*\[\s*(?:profile\s+)?"?([^\]"]*?)"?\s*\]/gm)
  return [...heads].some(([, head]) => head === name)
}

async function checkCaller(profile: string | undefined): Promise<Check> {
  const advice = 'sign in (aws sso login), or set AWS_PROFILE or --profile'
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('AWS STS does not answer')), STS_TIMEOUT_MS)
  try {
    const accounts = await Promise.race([liveAws({ profile }).accounts(), tooLate])
    return ok('AWS caller', `account ${accounts.map(({ id }) => id).join(', ')}`)
  } catch (error) {
    return problem('AWS caller', describeError(error), advice)
  } finally {
    clearTimeout(timer)
  }
}

import type { Command } from 'commander'
import type { Check } from '../doctor/check.ts'
import { checkMachine } from '../doctor/check-machine.ts'
import { checkPipeline } from '../doctor/check-pipeline.ts'
import { checkConfig, checkCredentials, checkEnvironment } from '../doctor/check-settings.ts'
import { EXIT } from '../exit-code.ts'
import { maskSecrets } from '../output/mask-secrets.ts'
import { createOutput } from '../output/output.ts'
import { printable, printableJson } from '../output/printable.ts'
import type { GlobalOptions } from '../session/settings.ts'

interface DoctorFlags extends GlobalOptions {
  readonly aws?: boolean
  readonly profile?: string
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine, the settings and whatever of Polo is up, and say what to do')
    .option('--aws', 'also ask AWS who the caller is')
    .option('--profile <name>', 'the profile of your AWS configuration to check (default: AWS_PROFILE)')
    .addHelpText('after', HELP)
    .action(runDoctor)
}

async function runDoctor(flags: DoctorFlags): Promise<void> {
  const { env } = process
  const output = createOutput({ isJson: flags.json ?? false })
  output.progress('checking')
  const checks = (await findChecks(flags, env)).map((check) => masked(check, env))
  const isHealthy = checks.every(({ status }) => status !== 'problem')
  output.data(output.isJson ? printableJson({ healthy: isHealthy, checks }) : renderChecks(checks))
  process.exitCode = isHealthy ? EXIT.done : EXIT.error
}

async function findChecks(flags: DoctorFlags, environment: NodeJS.ProcessEnv): Promise<Check[]> {
  const { settings, check } = checkEnvironment(flags, environment)
  const { profile, aws: asksAws = false } = flags
  const [machine, config, credentials, pipeline] = await Promise.all([
    checkMachine(settings.dataDir),
    checkConfig(settings),
    checkCredentials({ environment, profile, asksAws }),
    checkPipeline(settings),
  ])
  return [...machine, check, config, ...credentials, ...pipeline]
}

function masked(check: Check, environment: NodeJS.ProcessEnv): Check {
  return { ...check, found: maskSecrets(check.found, environment) }
}

const SIGNS = { ok: 'ok     ', warning: 'WARNING', problem: 'PROBLEM' }
const INDENT = ' '.repeat(25)

function renderChecks(checks: readonly Check[]): string {
  const lines = checks.flatMap(({ name, status, found, advice }) => {
    const [first = '', ...rest] = found.split('\n').map((line) => printable(line, 1_000))
    const head = `${SIGNS[status]}  ${name.padEnd(16)}${first}`
    return [
      head,
      ...rest.map((line) => INDENT + line),
      ...(advice ? [`${INDENT}→ ${printable(advice)}`] : []),
    ]
  })
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length
  return [...lines, '', summarize(count('problem'), count('warning'))].join('\n')
}

function summarize(problems: number, warnings: number): string {
  const say = (count: number, what: string) => `${count || 'no'} ${what}${count === 1 ? '' : 's'}`
  return `${say(problems, 'problem')}, ${say(warnings, 'warning')}.`
}

const HELP = `
It only looks: nothing is started or changed, and no secret is shown. Exit code 1 when there is a problem.

Examples:
  polo doctor
  polo doctor --aws --profile prod         do my credentials work, and whose are they?
  polo doctor --json | jq '.checks[] | select(.status != "ok")'
`

import { renderTable } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { EVERY_REGION, type RegionCoverage } from './coverage.ts'
import { count, limit, type RenderOptions, say } from './render-lines.ts'

/** Regions that a line names. */
const MAX_NAMED = 3

/** How many regions are complete, and which are not: those of an account that ended alike in one line. */
export function renderCoverage(regions: readonly RegionCoverage[], options: RenderOptions): string[] {
  if (regions.length === 0) return []
  const incomplete = regions.filter(({ outcome }) => outcome !== 'complete')
  const complete = regions.length - incomplete.length
  const accounts = new Set(regions.map((one) => one.aws_account_id)).size
  const sum = `Coverage: ${say(complete)} of ${count(regions.length, 'region')} of ${count(accounts, 'account')} complete.`
  const listed = options.all ? regions : incomplete
  if (listed.length === 0) return [sum]
  const groups = Map.groupBy(listed, (one) => `${one.aws_account_id} ${describeCollectors(one)}`)
  const rows = [...groups.values()].flatMap(([first, ...others]) =>
    first
      ? [[first.aws_account_id, nameRegions([first, ...others], options), describeCollectors(first)]]
      : [],
  )
  const [head = '', ...lines] = renderTable(['account', 'regions', 'by collector'], rows).split('\n')
  return [sum, head, ...limit(lines, options)]
}

function nameRegions(regions: readonly RegionCoverage[], { all }: RenderOptions): string {
  const names = regions.map(({ region }) =>
    region === EVERY_REGION ? 'every region' : printable(region, 40),
  )
  if (all || names.length <= MAX_NAMED) return names.join(', ')
  return `${names.slice(0, MAX_NAMED - 1).join(', ')} and ${names.length - MAX_NAMED + 1} more`
}

/** What is not complete, collectors that ended alike together: `denied: config_ebs, config_ec2`. */
function describeCollectors({ outcome, collectors }: RegionCoverage): string {
  const byOutcome = Map.groupBy(Object.entries(collectors), ([, ended]) => ended)
  return [...byOutcome]
    .filter(([ended]) => outcome === 'complete' || ended !== 'complete')
    .map(([ended, entries]) => `${ended}: ${entries.map(([name]) => name).join(', ')}`)
    .join('; ')
}

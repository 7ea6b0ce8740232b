import { Readable } from 'node:stream'
import { z } from 'zod'

/** An account as AWS writes it, and what it is in. */
export interface TestAccount {
  readonly Id: string
  readonly Name?: string
  readonly State?: string
  readonly Status?: string
  readonly Email?: string
  /** Id of its unit; the root if left out, none for null. */
  readonly parent?: string | null
  readonly tags?: Readonly<Record<string, string>>
  /** False for one that ListAccounts does not have. */
  readonly isListed?: boolean
}

export interface TestOrganization {
  readonly accounts: readonly TestAccount[]
  readonly units?: readonly { readonly Id: string; readonly Name: string; readonly parent?: string }[]
  readonly managementAccount?: string
  /** Items in a page; AWS may give fewer than were asked for. */
  readonly pageSize?: number
  /** The code that AWS answers `operation` with, or `operation target` or `operation #page`. */
  readonly errors?: Readonly<Record<string, string>>
}

const ROOT = 'r-ab12'

const Input = z.looseObject({
  ParentId: z.string().optional(),
  ResourceId: z.string().optional(),
  NextToken: z.string().optional(),
  MaxResults: z.number().optional(),
})
type Input = z.infer<typeof Input>

/** Answers as the endpoint of Organizations does; `asked` has the input of each request. */
export function organizationAnswers(organization: TestOrganization) {
  const asked: { operation: string; input: Input }[] = []
  const handle = async (request: { headers: Record<string, string>; body: Uint8Array }) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const input = Input.parse(JSON.parse(new TextDecoder().decode(request.body)))
    asked.push({ operation, input })
    const code = findError(organization, operation, input)
    if (code) return jsonResponse({ __type: code, Message: `${operation} ended in ${code}` }, 400)
    return jsonResponse(page(listOf(organization, operation, input), input, organization.pageSize), 200)
  }
  return { requestHandler: { handle }, asked }
}

/** Answers each operation with the same text. */
export function fixedAnswers(texts: Readonly<Record<string, string>>) {
  const handle = async (request: { headers: Record<string, string> }) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const text = texts[operation]
    return text === undefined
      ? jsonResponse({ __type: 'AccessDeniedException', Message: 'not here' }, 400)
      : response(text, 200)
  }
  return { handle }
}

function findError({ errors = {} }: TestOrganization, operation: string, input: Input): string | undefined {
  const target = input.ParentId ?? input.ResourceId
  const start = Number(input.NextToken ?? 0)
  return errors[operation] ?? errors[`${operation} ${target}`] ?? errors[`${operation} #${start}`]
}

interface Listed {
  readonly key: string
  readonly items: readonly object[]
}

function listOf(organization: TestOrganization, operation: string, input: Input): Listed {
  const { accounts, units = [] } = organization
  const toAccount = (account: TestAccount) => describe(account, organization)
  if (operation === 'ListAccounts') {
    return { key: 'Accounts', items: accounts.filter(({ isListed = true }) => isListed).map(toAccount) }
  }
  if (operation === 'ListRoots') return { key: 'Roots', items: [{ Id: ROOT, Name: 'Root' }] }
  if (operation === 'ListAccountsForParent') {
    const inside = accounts.filter(({ parent = ROOT }) => parent === input.ParentId)
    return { key: 'Accounts', items: inside.map(toAccount) }
  }
  if (operation === 'ListOrganizationalUnitsForParent') {
    const inside = units.filter(({ parent = ROOT }) => parent === input.ParentId)
    return { key: 'OrganizationalUnits', items: inside.map(({ Id, Name }) => ({ Id, Name })) }
  }
  const { tags = {} } = accounts.find(({ Id }) => Id === input.ResourceId) ?? {}
  return { key: 'Tags', items: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
}

function describe(account: TestAccount, { managementAccount = '999999999999' }: TestOrganization) {
  const { parent, tags, isListed, ...columns } = account
  return {
    Arn: `arn:aws:organizations::${managementAccount}:account/o-example/${account.Id}`,
    Name: `name of ${account.Id}`,
    Email: `${account.Id}@example.com`,
    JoinedMethod: 'CREATED',
    ...(account.Status === undefined ? { State: 'ACTIVE' } : {}),
    ...columns,
  }
}

function page({ key, items }: Listed, { NextToken = '0' }: Input, size = 20): object {
  const start = Number(NextToken)
  const end = start + size
  return {
    [key]: items.slice(start, end),
    ...(end < items.length ? { NextToken: String(end) } : {}),
  }
}

function jsonResponse(answer: object, statusCode: number) {
  return response(JSON.stringify(answer), statusCode)
}

function response(text: string, statusCode: number) {
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  return { response: { statusCode, headers, body: Readable.from([Buffer.from(text)]) } }
}

import { type AwsSource, createAwsClient, permissionOf, type SdkClient } from '@polo/collectors'

const LIST = 1
/** In schemas that are numbers, the bit of a list of simple things. */
const LIST_BIT = 64

/**
 * AWS in an account that has nothing: whatever is asked, every list in the answer is empty.
 * `asked` has the permissions that the calls needed.
 */
export function createEmptyAws(account: { readonly id: string; readonly region: string }) {
  const asked = new Set<string>()
  const answer = (client: SdkClient) => {
    client.middlewareStack.add(
      (_next, context) => async () => {
        asked.add(permissionOf(client, context))
        return { response: {}, output: { $metadata: {}, ...emptyLists(context) } }
      },
      { name: 'answerEmpty', step: 'deserialize', priority: 'high' },
    )
  }
  const aws: AwsSource = {
    description: 'an account that has nothing',
    accounts: async () => [{ id: account.id, source: 'caller' }],
    regions: async () => [account.region],
    client: (clientClass, { region, countCall }) =>
      createAwsClient(
        clientClass,
        { region, credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
        { countCall, use: answer },
      ),
  }
  return { aws, asked }
}

/** The SDK's own schemas say which members of an answer are lists: `[9, …, input, [3, …, names, schemas]]`. */
function emptyLists(context: Readonly<Record<PropertyKey, unknown>>): object {
  const smithy = context.__smithy_context
  const operation: unknown =
    typeof smithy === 'object' && smithy !== null ? Reflect.get(smithy, 'operationSchema') : []
  const output = resolve(Array.isArray(operation) ? operation[5] : undefined)
  const [names, schemas]: unknown[] = Array.isArray(output) ? output.slice(4, 6) : []
  if (!Array.isArray(names) || !Array.isArray(schemas)) throw new Error('the answer has no schema')
  return Object.fromEntries(names.flatMap((name, index) => (isList(schemas[index]) ? [[name, []]] : [])))
}

function isList(reference: unknown): boolean {
  const schema = resolve(reference)
  return typeof schema === 'number' ? (schema & LIST_BIT) !== 0 : Array.isArray(schema) && schema[0] === LIST
}

/** Follows lazy references, and takes a schema out of its pair with traits. */
function resolve(reference: unknown): unknown {
  if (typeof reference === 'function') return resolve(reference())
  return Array.isArray(reference) && reference.length === 2 ? resolve(reference[0]) : reference
}

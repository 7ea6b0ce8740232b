import {
  DescribeNotebookInstanceCommand,
  type NotebookInstanceSummary,
  paginateListTags,
  SageMakerClient,
  type Tag,
} from '@aws-sdk/client-sagemaker'
import type { LimitFunction } from 'p-limit'
import type { CollectContext } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { readTags } from '../answer-lists.ts'
import type { Findings } from './observe-notebook.ts'

export const CLIENTS = { sagemaker: SageMakerClient }
export type SagemakerContext = CollectContext<typeof CLIENTS>

/** SageMaker allows few calls of a kind a second, and refuses bursts. */
export const CALLS_AT_ONCE = 4
/** With which SageMaker answers for a notebook that is gone; what is asked for is as SageMaker itself wrote it. */
const GONE = new Set(['ValidationException', 'ResourceNotFound'])

/** What the list does not say of a notebook. Never throws: a part that cannot be read is named, and the others go on. */
export async function lookAtNotebook(
  { NotebookInstanceName, NotebookInstanceArn }: NotebookInstanceSummary,
  context: SagemakerContext,
  limit: LimitFunction,
): Promise<Findings> {
  const { sagemaker } = context.clients
  const options = { abortSignal: context.signal }
  const attempt = async <Found>(part: string, find: () => Promise<Found>): Promise<Found | undefined> => {
    try {
      return await limit(find)
    } catch (error) {
      if (!isGone(error)) context.incomplete(`${part} of ${NotebookInstanceName}`, error)
      return undefined
    }
  }
  const [details, tags] = await Promise.all([
    attempt('details', () =>
      sagemaker.send(new DescribeNotebookInstanceCommand({ NotebookInstanceName }), options),
    ),
    attempt('tags', async () => {
      const found: Tag[] = []
      const pages = paginateListTags(
        { client: sagemaker, pageSize: 50 },
        { ResourceArn: NotebookInstanceArn },
        options,
      )
      for await (const { Tags } of pages) {
        if (!Tags) throw new UnexpectedAnswerError("the answer has no list 'Tags'")
        found.push(...Tags)
      }
      return readTags(found)
    }),
  ])
  return { details, tags }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.has(error.name)
}

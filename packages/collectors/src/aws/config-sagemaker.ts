import {
  DescribeNotebookInstanceCommand,
  ListTagsCommand,
  paginateListNotebookInstances,
} from '@aws-sdk/client-sagemaker'
import pLimit from 'p-limit'
import { defineCollector, type Observation } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { itemsOf } from './answer-lists.ts'
import {
  CALLS_AT_ONCE,
  CLIENTS,
  lookAtNotebook,
  type SagemakerContext,
} from './config-sagemaker/look-at-notebook.ts'
import { NOTEBOOK, observeNotebook } from './config-sagemaker/observe-notebook.ts'
import { lacksService } from './lacks-service.ts'
import { documentProperties } from './property-table.ts'

/** Of a notebook that does not exist. */
const NO_NOTEBOOK = 'polo-probe-of-no-notebook'

export const configSagemaker = defineCollector({
  name: 'config_sagemaker',
  description: 'SageMaker notebook instances',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {
    'sagemaker:notebook': {
      description: 'SageMaker notebook instance',
      properties: documentProperties(NOTEBOOK),
    },
  },
  permissions: [
    'sagemaker:DescribeNotebookInstance',
    'sagemaker:ListNotebookInstances',
    'sagemaker:ListTags',
  ],
  clients: CLIENTS,
  sources: { notebooks: collectNotebooks },
  probes: {
    'sagemaker:DescribeNotebookInstance': ({ sagemaker }, abortSignal) =>
      sagemaker.send(new DescribeNotebookInstanceCommand({ NotebookInstanceName: NO_NOTEBOOK }), {
        abortSignal,
      }),
    'sagemaker:ListTags': ({ sagemaker }, abortSignal, { account, region, partition }) => {
      const ResourceArn = `arn:${partition}:sagemaker:${region}:${account}:notebook-instance/${NO_NOTEBOOK}`
      return sagemaker.send(new ListTagsCommand({ ResourceArn }), { abortSignal })
    },
  },
})

async function* collectNotebooks(context: SagemakerContext): AsyncGenerator<Observation> {
  const paging = { client: context.clients.sagemaker, pageSize: 100 }
  const pages = paginateListNotebookInstances(paging, {}, { abortSignal: context.signal })
  const limit = pLimit(CALLS_AT_ONCE)
  try {
    for await (const page of pages) {
      const notebooks = itemsOf(page.NotebookInstances)
      const findings = await Promise.all(notebooks.map((summary) => lookAtNotebook(summary, context, limit)))
      const found = new Map(notebooks.map((summary, index) => [summary, findings[index]]))
      yield* context.each(page, 'NotebookInstances', (summary) =>
        observeNotebook(summary, found.get(summary)),
      )
    }
  } catch (error) {
    if (!(await lacksService(error, context.region))) throw error
    context.note('SageMaker is not offered here, so there are no notebooks')
  }
}

import { expect, it } from 'vitest'
import { identifyEc2 } from '../../../packages/collectors/src/aws/identify-ec2.ts'
import {
  EC2_KINDS,
  ec2Resource,
  KIND_NAMES,
} from '../../../packages/collectors/src/lifecycle/resource-kinds.ts'
import { ACCOUNT, REGION } from '../harness.ts'

const PLACE = { partition: 'aws', region: REGION, account: ACCOUNT }

it.each(KIND_NAMES)(
  'gives an inventoried %s the ARN that relationships and lifecycle events have',
  (kind) => {
    const id = `${EC2_KINDS[kind].idPrefix}1`

    const { resource_arn } = identifyEc2(PLACE, EC2_KINDS[kind].arnType, { id, tags: [] })

    expect(resource_arn).toBe(ec2Resource(kind, id, PLACE).resource_arn)
  },
)

it('gives none to what has no id', () => {
  expect(identifyEc2(PLACE, 'volume', { id: undefined, tags: [] }).resource_arn).toBeUndefined()
})

import { fileURLToPath } from 'node:url'

/** The recording that ships with Polo: a few accounts of real AWS answers. */
export const sampleEstateDirectory = fileURLToPath(new URL('../../sample-estate', import.meta.url))

/** A recording of some of it as it was before, and the collectors that see a difference. */
export const sampleEstateBefore = {
  directory: fileURLToPath(new URL('../../sample-estate/_before', import.meta.url)),
  collectors: ['tags'],
}

/** The one region that the sample estate denies on purpose, so that a denied region can be seen. */
export const deniedSampleRegion = { account: '619193117841', region: 'eu-west-1' } as const

/** The account that pays for the others of the sample estate, and knows their organization. */
export const samplePayerAccount = '644160558196'

/** The collectors, by name, whose calls the sample estate answers; others find nothing recorded in it. */
export const sampleEstateCollectors: readonly string[] = [
  'account_discovery',
  'config_ebs',
  'config_ec2',
  'config_network',
  'config_sagemaker',
  'cost_explorer',
  'ipv4',
  'metrics',
  'relationships',
  'tags',
]

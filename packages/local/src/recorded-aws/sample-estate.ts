import { fileURLToPath } from 'node:url'

/** The recording that ships with Polo: a few accounts of real AWS answers. */
export const sampleEstateDirectory = fileURLToPath(new URL('../../sample-estate', import.meta.url))

/** The one region that the sample estate denies on purpose, so that a denied region can be seen. */
export const deniedSampleRegion = { account: '619193117841', region: 'eu-west-1' } as const

/** The collectors, by name, whose calls the sample estate answers; others find nothing recorded in it. */
export const sampleEstateCollectors: readonly string[] = ['config_ebs', 'config_ec2', 'config_network']

import { fileURLToPath } from 'node:url'

/** The recording that ships with Polo: a few accounts of real AWS answers. */
export const sampleEstateDirectory = fileURLToPath(new URL('../../sample-estate', import.meta.url))

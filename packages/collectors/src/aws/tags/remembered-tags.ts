import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Tags } from '@polo/core'
import * as z from 'zod'
import { UnexpectedAnswerError } from '../../errors.ts'

/** A resource as it was seen last. */
export interface SeenResource {
  /** See `packTags`. */
  readonly tags: string
  /** The slot that saw it. */
  readonly lastSeen: string
}

/** What is known of the tags in a region. */
export interface RememberedTags {
  /** Whether there has been a complete look, so that what was not seen before is new. */
  readonly isBaseline: boolean
  /** By ARN. */
  readonly resources: ReadonlyMap<string, SeenResource>
}

const State = z.object({
  v: z.literal(1),
  baseline: z.boolean(),
  /** The slot that saw the resources whose lines name none. */
  slot: z.iso.datetime(),
  /** A line for each resource, compressed with zstd, in base64. */
  lines: z.base64(),
})
const PackedTags = z.array(z.tuple([z.string(), z.string()]))

const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
/** JSON has neither as it is, whatever is in an ARN or a tag. */
const [BETWEEN_FIELDS, BETWEEN_LINES] = ['\t', '\n']

/** Tags as a text that is the same for the same tags: of many resources, that takes far less memory than objects. */
export function packTags(tags: Tags): string {
  return JSON.stringify(Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1)))
}

export function unpackTags(text: string): Tags {
  return Object.fromEntries(PackedTags.parse(JSON.parse(text)))
}

/** What `context.state` keeps. The tags of 50,000 resources are some 20 MB as they are, and a tenth of that like this. */
export function packState({ isBaseline, resources }: RememberedTags, slot: string): z.infer<typeof State> {
  const lines: string[] = []
  for (const [arn, { tags, lastSeen }] of resources) {
    const fields = [JSON.stringify(arn), tags, ...(lastSeen === slot ? [] : [lastSeen])]
    lines.push(fields.join(BETWEEN_FIELDS))
  }
  const packed = zstdCompressSync(lines.join(BETWEEN_LINES), COMPRESSION)
  return { v: 1, baseline: isBaseline, slot, lines: packed.toString('base64') }
}

/** @throws Error where it is not what `packState` makes, such as what another release left */
export function unpackState(state: unknown): RememberedTags {
  const { baseline, slot, lines } = State.parse(state)
  const text = zstdDecompressSync(Buffer.from(lines, 'base64')).toString()
  const resources = new Map<string, SeenResource>()
  for (const line of text === '' ? [] : text.split(BETWEEN_LINES)) {
    const [arn, tags, lastSeen = slot] = line.split(BETWEEN_FIELDS)
    if (arn === undefined || tags === undefined) throw new UnexpectedAnswerError('a line lacks its tags')
    resources.set(z.string().parse(JSON.parse(arn)), { tags, lastSeen })
  }
  return { isBaseline: baseline, resources }
}

import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { blockIdOf, MAX_DECOMPRESSED_BYTES } from '@polo/core'
import type { Mutation, Packed } from './message.ts'
import type { Random } from './random.ts'

const SKIPPABLE_MAGIC = 0x184d2a50
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** Changes the bytes and hashes them again, so that they get past the hash. */
function rehashed(change: (data: Buffer, random: Random) => Buffer): Mutation<Packed>['mutate'] {
  return (packed, random) => {
    const data = change(packed.data, random)
    return { ...packed, data, blockId: blockIdOf(data) }
  }
}

/** A zstd frame that holds no data; https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.2 */
function skippable(content: Buffer, claimed = content.length): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32LE(SKIPPABLE_MAGIC)
  header.writeUInt32LE(claimed, 4)
  return Buffer.concat([header, content])
}

const BOMBS = new Map<string, Buffer>()

/** Made once: a bomb costs its maker more than its victim. The skippable frame makes each another block. */
function bomb(bytes: number, unit: string, random: Random): Buffer {
  const key = `${bytes} ${unit}`
  const data = BOMBS.get(key) ?? zstdCompressSync(Buffer.alloc(bytes, unit))
  BOMBS.set(key, data)
  return Buffer.concat([data, skippable(random.bytes(8))])
}

/** A frame whose header promises a window and a content far beyond what follows. */
function boastfulFrame(random: Random): Buffer {
  const descriptor = Buffer.from([0xc0, random.pick([0xff, 0xf8, 0xa0])])
  const contentSize = Buffer.alloc(8, random.pick([0xff, 0x7f, 0x01]))
  return Buffer.concat([ZSTD_MAGIC, descriptor, contentSize, random.bytes(40)])
}

function flip(data: Buffer, random: Random): Buffer {
  const changed = Buffer.from(data)
  const at = random.below(changed.length)
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
  return changed
}

export const PACKED_MUTATIONS: readonly Mutation<Packed>[] = [
  {
    name: 'a bit of the data flipped',
    fate: 'refused',
    weight: 3,
    mutate: (packed, random) => ({ ...packed, data: flip(packed.data, random) }),
  },
  { name: 'a bit flipped, hash right', fate: 'any', weight: 5, mutate: rehashed(flip) },
  {
    name: 'data cut short, hash right',
    fate: 'refused',
    weight: 3,
    mutate: rehashed((data, random) => data.subarray(0, 1 + random.below(data.length - 1))),
  },
  {
    name: 'bytes after the data',
    fate: 'refused',
    weight: 2,
    mutate: rehashed((data, random) => Buffer.concat([data, random.bytes(1 + random.below(20))])),
  },
  {
    name: 'the frame twice',
    fate: 'refused',
    mutate: rehashed((data) => Buffer.concat([data, data])),
  },
  {
    name: 'a skippable frame before or after',
    fate: 'any',
    mutate: rehashed((data, random) => {
      const extra = skippable(random.bytes(random.below(200)))
      return Buffer.concat(random.chance(0.5) ? [extra, data] : [data, extra])
    }),
  },
  {
    name: 'a skippable frame that claims gigabytes',
    fate: 'any',
    mutate: rehashed((data, random) =>
      Buffer.concat([data, skippable(random.bytes(20), random.pick([0xffff_ffff, 0x7fff_ffff, 21, 100]))]),
    ),
  },
  {
    name: 'hundreds of frames',
    fate: 'any',
    weight: 0.1,
    mutate: rehashed((data, random) => {
      const empty = random.pick([zstdCompressSync(Buffer.alloc(0)), skippable(Buffer.alloc(0))])
      return Buffer.concat([
        data,
        ...Array.from({ length: random.pick([100, 254, 255, 5_000]) }, () => empty),
      ])
    }),
  },
  {
    name: 'not zstd',
    fate: 'refused',
    mutate: rehashed((data, random) =>
      random.pick([gzipSync(data), deflateSync(data), Buffer.from('{"event_id":1}\n'), random.bytes(200)]),
    ),
  },
  {
    name: 'a frame that boasts',
    fate: 'refused',
    mutate: rehashed((_data, random) => boastfulFrame(random)),
  },
  {
    name: 'another level, the same rows',
    fate: 'any',
    mutate: rehashed((data, random) =>
      Buffer.concat([
        zstdCompressSync(Buffer.alloc(0), { params: { [constants.ZSTD_c_checksumFlag]: random.below(2) } }),
        data,
      ]),
    ),
  },
  {
    name: 'a bomb over the limit',
    fate: 'refused',
    weight: 0.1,
    mutate: rehashed((_data, random) =>
      bomb(
        random.pick([MAX_DECOMPRESSED_BYTES + 1, 4 * MAX_DECOMPRESSED_BYTES]),
        random.pick(['\0', '\n', '{}\n', '[']),
        random,
      ),
    ),
  },
  {
    name: 'a bomb just under the limit',
    fate: 'refused',
    weight: 0.1,
    mutate: rehashed((_data, random) =>
      bomb(MAX_DECOMPRESSED_BYTES - 1, random.pick(['\0', ' ', '\n', '{}\n', '{"a":[', '"', '{']), random),
    ),
  },
]

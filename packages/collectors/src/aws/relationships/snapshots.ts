import { paginateDescribeSnapshots, type Snapshot } from '@aws-sdk/client-ec2'
import type { TableRow } from '../../collector.ts'
import type { RelationshipContext } from './clients.ts'
import { ec2End, ownerlessEnd } from './ends.ts'
import { type Relation, relate } from './relation.ts'

/**
 * What a copied or imported snapshot says instead of a volume
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html).
 */
const NO_VOLUME = 'vol-ffffffff'

const VOLUME: Relation<Snapshot> = {
  from: 'ebs:snapshot',
  name: 'was_taken_of',
  to: 'ebs:volume',
  meaning: 'The snapshot was taken of the volume, which may be gone; copied and imported ones are of none',
  properties: { start_time: ['When it was taken', (snapshot) => snapshot.StartTime] },
}

export const SNAPSHOT_RELATIONS = [VOLUME]

export async function* relateSnapshots(context: RelationshipContext): AsyncGenerator<TableRow> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  const input = { OwnerIds: ['self'] }
  for await (const page of paginateDescribeSnapshots(paging, input, { abortSignal: context.signal })) {
    yield* context.each(page, 'Snapshots', (snapshot) => {
      if (snapshot.VolumeId === NO_VOLUME) return []
      return relate(context, VOLUME, {
        from: ownerlessEnd('snapshot', snapshot.SnapshotId, context.region),
        to: ec2End('volume', snapshot.VolumeId, context),
        item: snapshot,
      })
    })
  }
}

import { BulkLoad } from './bulk-load.ts'
import { CostCoverage } from './cost-coverage.ts'
import { AwsPrice } from './price.ts'
import { ResourceRelationship } from './resource-relationship.ts'
import { DiscoveredAccount } from './run-record.ts'

/** The rows that collectors may yield for other tables than the events', by queued schema: what each must be. */
export const TABLE_ROWS = {
  'aws_account/1': DiscoveredAccount,
  'cost_coverage/1': CostCoverage,
  'aws_price/1': AwsPrice,
  'resource_relationship/1': ResourceRelationship,
  'bulk_load/1': BulkLoad,
} as const
export type TableSchemaName = keyof typeof TABLE_ROWS

import type { ClickHouseSettings } from '@clickhouse/client'
import type { ExportFiles } from './export-files.ts'

/** How files are read, the same for describing, loading and comparing them. */
export function readSettings(format: ExportFiles['format']): ClickHouseSettings {
  // Of Parquet the schema says what may be missing, and a missing net cost is not one of 0.
  if (format === 'Parquet') return { schema_inference_make_columns_nullable: 1 }
  return {
    // Text is read as text: a guess at a column's type would differ from one delivery to the next.
    input_format_csv_use_best_effort_in_schema_inference: 0,
    schema_inference_make_columns_nullable: 0,
    input_format_csv_empty_as_default: 1,
  }
}

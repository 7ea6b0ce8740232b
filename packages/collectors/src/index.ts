export * from './aws-source.ts'
export * from './collector.ts'
export * from './errors.ts'
export * from './registry.ts'

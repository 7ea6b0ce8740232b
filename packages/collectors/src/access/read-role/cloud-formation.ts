/** What JSON and YAML can say. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }

export interface CloudFormationResource {
  readonly Type: string
  /** Made only where this is so. */
  readonly Condition?: string
  readonly Properties: { readonly [key: string]: Json }
}

/** A CloudFormation template as plain data. */
export interface CloudFormationTemplate {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Parameters: { readonly [name: string]: Json }
  readonly Conditions: { readonly [name: string]: Json }
  readonly Resources: { readonly [name: string]: CloudFormationResource }
  readonly Outputs: { readonly [name: string]: Json }
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal?: { readonly [kind: string]: string }
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: Json } }
}

export function policyDocument(statements: readonly PolicyStatement[]) {
  return { Version: '2012-10-17', Statement: statements.map((statement) => ({ ...statement })) }
}

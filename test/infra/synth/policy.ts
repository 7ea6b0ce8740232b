import * as z from 'zod'
import type { Estate } from './estate.ts'

const Texts = z.array(z.string())
export const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: Texts,
  Resource: Texts.optional(),
  Principal: z.record(z.string(), Texts).optional(),
  Condition: z.record(z.string(), z.record(z.string(), Texts)).optional(),
})
export type Statement = z.infer<typeof Statement>

const Policy = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) })
export const RoleInputs = z.looseObject({
  assumeRolePolicy: z.string(),
  inlinePolicies: z.array(z.object({ policy: z.string() })).default([]),
  managedPolicyArns: Texts.default([]),
})

export function readPolicy(text: unknown): readonly Statement[] {
  return Policy.parse(JSON.parse(z.string().parse(text))).Statement
}

/** Who may use a role. */
export function trustOf(estate: Estate, role: string): readonly Statement[] {
  return readPolicy(RoleInputs.parse(estate.one('Role', role).inputs).assumeRolePolicy)
}

/** Each action with each resource that a role may do it to: `sqs:SendMessage arn:… if {…}`; managed policies first. */
export function permissionsOf(estate: Estate, role: string): readonly string[] {
  const { inlinePolicies, managedPolicyArns } = RoleInputs.parse(estate.one('Role', role).inputs)
  const lines = inlinePolicies
    .flatMap(({ policy }) => readPolicy(policy))
    .flatMap((statement) => statement.Action.flatMap((action) => linesOf(action, statement)))
  return [...managedPolicyArns, ...lines.sort()]
}

function linesOf(action: string, { Effect, Resource = [], Condition }: Statement): string[] {
  const condition = Condition ? ` if ${JSON.stringify(Condition)}` : ''
  const deny = Effect === 'Deny' ? 'not ' : ''
  return Resource.map((resource) => `${deny}${action} ${resource}${condition}`)
}

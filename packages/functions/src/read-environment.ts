import { ConfigError } from '@polo/core'
import * as z from 'zod'

/** @throws ConfigError which names every variable at fault, and none of their values */
export function readEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<Shape>> {
  const result = schema.safeParse(environment)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} (${message})`)
  throw new ConfigError(`the function's environment is not as infra/ should set it: ${problems.join(', ')}`, {
    cause: result.error,
  })
}

/** A variable that holds JSON. */
export const JsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})

import { vi } from 'vitest'

/** Whatever the machine that tests run on knows of AWS: no credentials are left, until `vi.unstubAllEnvs`. */
export function forgetAws(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
}

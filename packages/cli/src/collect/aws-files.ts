import { homedir } from 'node:os'
import { join } from 'node:path'

/** The files that AWS's tools keep profiles in, wherever the environment says they are. */
export function awsFiles(environment: NodeJS.ProcessEnv): readonly string[] {
  const home = environment.HOME || homedir()
  return [
    environment.AWS_CONFIG_FILE || join(home, '.aws', 'config'),
    environment.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials'),
  ]
}

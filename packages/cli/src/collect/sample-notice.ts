import { existsSync } from 'node:fs'
import { awsFiles } from './aws-files.ts'

const OWN_ACCOUNT = 'For your own account: npm start -- --live --data-dir .polo-mine\n'

/** That the sample is shown, whatever credentials there are; they are named, and not used. */
export function sampleNotice(environment: NodeJS.ProcessEnv): string {
  const credentials = findCredentials(environment)
  return credentials
    ? `Found ${credentials}. Not using it: this is the sample estate. ${OWN_ACCOUNT}`
    : `This is the sample estate, recorded AWS answers that ship with Polo. ${OWN_ACCOUNT}`
}

function findCredentials(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.AWS_PROFILE) return `AWS_PROFILE=${environment.AWS_PROFILE}`
  if (environment.AWS_ACCESS_KEY_ID) return 'AWS credentials in the environment'
  return awsFiles(environment).find((file) => existsSync(file))
}

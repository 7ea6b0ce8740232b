import { loadConfig, type PoloConfig } from '@polo/core'
import { createOutput, type Output } from '../output/output.ts'
import { type GlobalOptions, readSettings, type Settings } from './settings.ts'

/** What every command begins with. */
export interface CommandContext {
  readonly settings: Settings
  readonly config: PoloConfig
  readonly output: Output
}

/**
 * Reads the global options, the environment and the configuration file.
 * @throws UsageError, ConfigError
 */
export async function createContext(options: GlobalOptions): Promise<CommandContext> {
  const settings = readSettings(options, process.env)
  const config = await loadConfig(settings.configFile, { required: settings.isConfigNamed })
  return { settings, config, output: createOutput({ isJson: options.json ?? false }) }
}

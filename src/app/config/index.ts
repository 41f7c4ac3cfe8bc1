export { ConfigError, type ConfigSources, loadConfig } from './load.ts'
export { type Config, configSchema } from './schema.ts'
export type { SecretSetting } from './secret-setting.ts'
export { SETTING_PATHS, variableOf } from './settings.ts'

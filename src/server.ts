export { type Config, ConfigError, type Environment, loadConfig } from './config.ts'
export { type App, type CreateAppOptions, createApp } from './server/create-app.ts'
export { type RunningServer, type StartServerOptions, startServer } from './server/start.ts'

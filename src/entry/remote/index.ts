export { basic, type Client, type ClientOptions, createClient, RemoteFault } from './client.ts'
export { show, table } from './show.ts'

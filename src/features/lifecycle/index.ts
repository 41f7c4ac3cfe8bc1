export { collectGarbage } from './collect-garbage.ts'
export { type DigestExplanation, explainDigest } from './explain.ts'
export type { CollectOptions, CollectReport, CollectRules, GarbageCollection } from './garbage-collection.ts'

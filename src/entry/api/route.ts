import type { z } from 'zod'
import type { Action, ProjectAction } from '../../features/access/index.ts'

/** One operation of the API: what it is called with, what it takes to be allowed, what it answers. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly path: `/api/v1/${string}`
  /** Asked of the one access decision before anything of the request is read. */
  readonly action: Action
  /** `project`: the one that the path names. `repository`: the one that the query names. */
  readonly resource: 'registry' | 'project' | 'repository'
  /** Enough as well, in the project that the query names. */
  readonly inProject?: ProjectAction
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** In place of a body of JSON: bytes of this media type, of whatever length. */
  readonly takes?: string
  /** 204 without. */
  readonly answer?: z.ZodType
  readonly status?: 200 | 201
  /** In place of an answer: one of these a line (NDJSON), without end. */
  readonly lines?: z.ZodType
  /** In place of an answer: a document, of one of these media types. */
  readonly documents?: readonly string[]
  /** Of the body; 64 KiB unless given. */
  readonly mostBytes?: number
  /** A list by keyset: with `limit`, `after` and a Link to the next page. */
  readonly paged?: true
}

export function route<const R extends Route>(definition: R): R {
  return definition
}

/** `{ project: string; robot: string }` of `/api/v1/projects/{project}/robots/{robot}`. */
export type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<Rest>
  : unknown

export type QueryOf<R extends Route> = R extends { readonly query: infer Q extends z.ZodType } ? z.output<Q> : undefined
export type BodyOf<R extends Route> = R extends { readonly body: infer B extends z.ZodType } ? z.output<B> : undefined
export type AnswerOf<R extends Route> = R extends { readonly answer: infer A extends z.ZodType }
  ? z.output<A>
  : undefined

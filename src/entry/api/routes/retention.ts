import { z } from 'zod'
import {
  previewLine,
  retentionItem,
  retentionPolicy,
  retentionReport,
  retentionRun,
  storedRetentionPolicy,
} from '../retention-schemas.ts'
import { route } from '../route.ts'
import { listOf, page } from '../schemas.ts'

const inProject = { resource: 'project' } as const
/** A policy of 100 rules. */
const POLICY_BYTES = 1024 * 1024

export const RETENTION_ROUTES = {
  getRetention: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/retention',
    summary: 'What stays in the project and what goes',
    answer: storedRetentionPolicy,
  }),
  setRetention: route({
    ...inProject,
    action: 'manage policy',
    method: 'put',
    path: '/api/v1/projects/{project}/retention',
    summary: 'Another policy; new rules begin in dry run',
    body: retentionPolicy,
    mostBytes: POLICY_BYTES,
    answer: storedRetentionPolicy,
  }),
  removeRetention: route({
    ...inProject,
    action: 'manage policy',
    method: 'delete',
    path: '/api/v1/projects/{project}/retention',
    summary: 'No policy: nothing is deleted by itself',
  }),
  enforceRetention: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/retention/enforcement',
    summary: 'End the dry run; tells what the next run deletes',
    answer: z.strictObject({ ...storedRetentionPolicy.shape, next: retentionReport }),
  }),
  relaxRetention: route({
    ...inProject,
    action: 'manage policy',
    method: 'delete',
    path: '/api/v1/projects/{project}/retention/enforcement',
    summary: 'Back to dry run',
    answer: storedRetentionPolicy,
  }),
  previewRetention: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/retention/preview',
    summary: 'What a run would keep and delete: a line of JSON for each image, the report last',
    body: z.strictObject({ policy: retentionPolicy.optional().describe('in place of the one there is') }),
    mostBytes: POLICY_BYTES,
    lines: previewLine,
  }),
  startRetentionRun: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/retention/runs',
    summary: 'Run the policy now; one that is under way is joined',
    body: z.strictObject({ isDryRun: z.boolean().optional().describe('a dry run, whatever the policy says') }),
    answer: retentionRun,
    status: 201,
  }),
  listRetentionRuns: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/retention/runs',
    summary: 'The runs, newest first',
    query: page,
    answer: listOf(retentionRun),
    paged: true,
  }),
  getRetentionRun: route({
    ...inProject,
    action: 'see project',
    method: 'get',
    path: '/api/v1/projects/{project}/retention/runs/{run}',
    summary: 'One run',
    answer: retentionRun,
  }),
  stopRetentionRun: route({
    ...inProject,
    action: 'manage policy',
    method: 'post',
    path: '/api/v1/projects/{project}/retention/runs/{run}/stop',
    summary: 'Ask a run to end; what it has deleted stays deleted',
  }),
  listRetentionRunItems: route({
    ...inProject,
    action: 'read audit',
    method: 'get',
    path: '/api/v1/projects/{project}/retention/runs/{run}/items',
    summary: 'What the run decided about each image',
    query: page,
    answer: listOf(retentionItem),
    paged: true,
  }),
}

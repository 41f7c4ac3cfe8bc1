import { expect, test } from 'bun:test'
import { importPolicy } from '../../../src/features/retention/index.ts'
import { PROJECT } from './example.ts'
import { outcome } from './outcome.ts'
import { PUBLISHED } from './published.ts'

test.each(PUBLISHED.map(example => [example.title, example] as const))('%s', (_, { from, document, images, gone }) => {
  const { rules, problems } = importPolicy(from, document, { project: PROJECT })
  expect(problems).toEqual([])
  const deleted = outcome(rules, images)
  expect(deleted.images).toEqual([...gone])
  // Nothing loses some of its tags and keeps others.
  expect(deleted.tags).toEqual(images.filter(({ name }) => gone.includes(name)).flatMap(({ tags }) => tags))
})

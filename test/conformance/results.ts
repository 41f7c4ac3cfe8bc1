import { parse } from 'yaml'
import { z } from 'zod'

export interface Results {
  /** The suite's own totals, in which groups of tests count too. */
  counts: { tests: number; failures: number; errors: number; skipped: number; disabled: number }
  passed: number
  /** Each test that has not passed, with what the suite said. */
  notPassed: string[]
  apis: Record<string, string>
  data: Record<string, string>
}

const summary = z.object({ apis: z.record(z.string(), z.string()), data: z.record(z.string(), z.string()) })

function attribute(element: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(element)?.[1] ?? ''
}

function decode(text: string): string {
  const characters: Record<string, string> = {
    '&#xA;': '\n',
    '&#34;': '"',
    '&#39;': "'",
    '&lt;': '<',
    '&gt;': '>',
    '&amp;': '&',
  }
  return text.replace(/&[^;]+;/g, entity => characters[entity] ?? entity)
}

/** Reads the suite's two reports: results.yaml says what is supported, junit.xml holds each test. */
export function parseResults(yaml: string, junit: string): Results {
  const suite = /<testsuite\s[^>]*>/.exec(junit)?.[0] ?? ''
  const count = (name: string) => Number(attribute(suite, name) || 0)
  const cases = [...junit.matchAll(/<testcase\s([^>]*)>(.*?)<\/testcase>/gs)].map(([, attributes = '', body = '']) => ({
    name: attribute(` ${attributes}`, 'name'),
    status: attribute(` ${attributes}`, 'status'),
    said: decode(/<system-out>(.*?)<\/system-out>/s.exec(body)?.[1] ?? ''),
  }))
  return {
    counts: {
      tests: count('tests'),
      failures: count('failures'),
      errors: count('errors'),
      skipped: count('skipped'),
      disabled: count('disabled'),
    },
    passed: cases.filter(found => found.status === 'passed').length,
    notPassed: cases
      .filter(found => found.status !== 'passed')
      .map(found => `${found.status}: ${found.name}: ${found.said}`),
    ...summary.parse(parse(yaml)),
  }
}

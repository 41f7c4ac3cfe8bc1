import { expect, spyOn, test } from 'bun:test'
import { Secret } from '../../platform/secrets/index.ts'
import { hashPassword, PasswordVerifier, requireGoodPassword } from './passwords.ts'

const RIGHT = new Secret('correct horse battery staple')
const WRONG = new Secret('incorrect horse battery staple')

test('a password is kept as argon2id with what OWASP asks for, salted', async () => {
  const [one, other] = await Promise.all([hashPassword(RIGHT), hashPassword(RIGHT)])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
  expect(one).not.toContain(RIGHT.reveal())
})

test('the right password is right, and no other', async () => {
  const verifier = new PasswordVerifier()
  const hash = await hashPassword(RIGHT)
  expect(await verifier.verify(RIGHT, hash)).toBe(true)
  expect(await verifier.verify(RIGHT, hash)).toBe(true)
  expect(await verifier.verify(WRONG, hash)).toBe(false)
  expect(await verifier.verify(WRONG, hash)).toBe(false)
})

test('what was right is not right any more when the stored hash is another', async () => {
  const verifier = new PasswordVerifier()
  expect(await verifier.verify(RIGHT, await hashPassword(RIGHT))).toBe(true)
  expect(await verifier.verify(RIGHT, await hashPassword(WRONG))).toBe(false)
})

test('a name that nobody has takes the work of a wrong password', async () => {
  const verifier = new PasswordVerifier()
  const hash = await hashPassword(RIGHT)
  // The decoy's own hash is made once.
  await verifier.verify(WRONG, undefined)
  const work = spyOn(Bun.password, 'verify')
  try {
    expect(await verifier.verify(WRONG, hash)).toBe(false)
    expect(await verifier.verify(WRONG, undefined)).toBe(false)
    const costs = work.mock.calls.map(([, against]) => String(against).split('$').slice(1, 4).join('$'))
    expect(costs).toEqual(['argon2id$v=19$m=19456,t=2,p=1', 'argon2id$v=19$m=19456,t=2,p=1'])
  } finally {
    work.mockRestore()
  }
})

test('of many passwords at once a few are worked on, and all are answered', async () => {
  const verifier = new PasswordVerifier()
  const hash = await hashPassword(RIGHT)
  let running = 0
  let most = 0
  const real = Bun.password.verify
  const work = spyOn(Bun.password, 'verify').mockImplementation(async (...given) => {
    running += 1
    most = Math.max(most, running)
    try {
      return await real.apply(Bun.password, given)
    } finally {
      running -= 1
    }
  })
  try {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => verifier.verify(index % 2 ? WRONG : RIGHT, hash)),
    )
    expect(answers).toEqual(Array.from({ length: 12 }, (_, index) => index % 2 === 0))
    expect(most).toBe(2)
  } finally {
    work.mockRestore()
  }
})

test('a password that is too long to be one costs nothing', async () => {
  const verifier = new PasswordVerifier()
  const hash = await hashPassword(RIGHT)
  await verifier.verify(WRONG, undefined)
  const work = spyOn(Bun.password, 'verify')
  try {
    for (const text of ['', 'x'.repeat(1025), 'x'.repeat(1_000_000)])
      expect(await verifier.verify(new Secret(text), hash)).toBe(false)
    expect(work).not.toHaveBeenCalled()
  } finally {
    work.mockRestore()
  }
})

test('a new password has 12 to 1024 characters', () => {
  for (const text of ['', 'x'.repeat(11), 'x'.repeat(1025)])
    expect(() => requireGoodPassword(new Secret(text))).toThrow('12 to 1024')
  for (const text of ['x'.repeat(12), 'x'.repeat(1024), 'пароль длинный'])
    expect(() => requireGoodPassword(new Secret(text))).not.toThrow()
})

import { isRepositoryName, RegistryError } from '../../oci/index.ts'

const USER = /^[a-z0-9](?:[a-z0-9._@-]{0,126}[a-z0-9])?$/
const GROUP = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u
/** Means something to clients already, or to Berth. */
const RESERVED = new Set(['anonymous', 'system', 'token', 'oidc', 'oauth2accesstoken'])

/** @throws NAME_INVALID. */
export function parseUserName(text: string): string {
  if (USER.test(text) && !RESERVED.has(text)) return text
  throw invalid(text, 'a user name', 'up to 128 lower-case letters, digits, ".", "_", "@" or "-"')
}

/** May somebody of another source have it? They have all kinds of names, but not one of somebody else's kind. */
export function isForeignName(text: string): boolean {
  const [project = '', robot, ...rest] = text.split('+')
  const isRobots = rest.length === 0 && robot !== undefined && isComponent(project) && isComponent(robot)
  return !RESERVED.has(text) && !isRobots && !/^(user|robot|pipeline):/.test(text)
}

/** @throws NAME_INVALID. */
export function parseProjectName(text: string): string {
  if (isComponent(text, 128)) return text
  throw invalid(text, 'a project name', 'lower-case letters and digits, separated by one of ". _ __ -"')
}

/** A robot's name without its project. @throws NAME_INVALID. */
export function parseRobotName(text: string): string {
  if (isComponent(text, 64)) return text
  throw invalid(text, "a robot's name", 'lower-case letters and digits, separated by one of ". _ __ -"')
}

/** @throws NAME_INVALID. */
export function parseGroupName(text: string): string {
  if (GROUP.test(text)) return text
  throw invalid(text, 'a group name', 'up to 255 characters on one line')
}

/** One component of a repository's name. */
function isComponent(text: string, mostCharacters?: number): boolean {
  return !text.includes('/') && isRepositoryName(text, mostCharacters)
}

export function robotName(project: string, name: string): string {
  return `${project}+${name}`
}

function invalid(text: string, what: string, expected: string): RegistryError {
  return new RegistryError('NAME_INVALID', `${JSON.stringify(text.slice(0, 200))} is not ${what}: use ${expected}.`)
}

import { RegistryError } from '../../oci/index.ts'

export interface FieldFault {
  /** Its path in the request: `grants.0.role`. */
  readonly field: string
  readonly message: string
}

export function notFound(what: string): RegistryError {
  return new RegistryError('NOT_FOUND', `There is no ${what}.`)
}

export function conflict(message: string): RegistryError {
  return new RegistryError('CONFLICT', message)
}

export function denied(message: string): RegistryError {
  return new RegistryError('DENIED', message)
}

/** What was sent cannot be taken; each fault names its field. */
export function invalid(...faults: readonly FieldFault[]): RegistryError {
  const message = faults.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ')
  return new RegistryError('INVALID', `${message}.`, { detail: { errors: faults } })
}

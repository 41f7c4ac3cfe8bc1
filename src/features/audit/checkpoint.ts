import type { AuditEntry, Checkpoint } from '../../stores/metadata/index.ts'

export interface CheckpointVerifier {
  /** False when the key is not known, too. */
  verify(keyId: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}

export interface CheckpointSigner extends CheckpointVerifier {
  sign(bytes: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Uint8Array }>
}

type Signed = Pick<Checkpoint, 'sequence' | 'hash' | 'at'>

/** What is signed (decisions/0010): four lines of ASCII, each ended by a line feed. */
export function checkpointBytes({ sequence, hash, at }: Signed): Uint8Array {
  return new TextEncoder().encode(`berth audit checkpoint 1\n${sequence}\n${hash}\n${at}\n`)
}

export async function signCheckpoint(signer: CheckpointSigner, signed: Signed): Promise<Checkpoint> {
  const { keyId, signature } = await signer.sign(checkpointBytes(signed))
  return { ...signed, keyId, signature: Buffer.from(signature).toString('base64url') }
}

export function isSignedBy(verifier: CheckpointVerifier, checkpoint: Checkpoint): Promise<boolean> {
  const signature = Buffer.from(checkpoint.signature, 'base64url')
  return verifier.verify(checkpoint.keyId, checkpointBytes(checkpoint), signature)
}

export const CHECKPOINT_TYPE = 'audit.checkpoint'
export const EXPIRED_TYPE = 'audit.expired'

/** The checkpoint as a record, so that every sink gets it: there it shows what is missing here. */
export function checkpointEntry({ sequence, hash, at, keyId, signature }: Checkpoint): AuditEntry {
  return systemEntry(CHECKPOINT_TYPE, at, { sequence, hash, at, keyId, signature })
}

export function systemEntry(type: string, at: number, detail: NonNullable<AuditEntry['detail']>): AuditEntry {
  return {
    at,
    type,
    category: 'system',
    outcome: 'success',
    actor: { kind: 'system', id: 'berth', name: 'berth' },
    origin: {},
    resource: {},
    detail,
  }
}

import { checkBlobs } from './check-blobs.ts'
import { checkManifests } from './check-manifests.ts'
import { checkStore } from './check-store.ts'
import type { Finding } from './finding.ts'
import type { Verification, VerifyOptions, VerifyReport } from './verification.ts'

/**
 * Compares metadata and storage both ways while the registry serves. What is damaged is put out of reach and its
 * object into quarantine, so that a client which pushes it again restores it. Nothing is deleted.
 */
export async function verifyRegistry(verification: Verification, options: VerifyOptions): Promise<VerifyReport> {
  const report = { blobs: 0, bytes: 0, manifests: 0, objects: 0, findings: 0 }
  const counting = {
    ...options,
    onFinding: (finding: Finding) => {
      report.findings += 1
      options.onFinding(finding)
    },
  }
  Object.assign(report, await checkBlobs(verification, counting))
  report.manifests = await checkManifests(verification, counting)
  report.objects = await checkStore(verification, counting)
  return report
}

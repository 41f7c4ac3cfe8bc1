import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { addAdvisoryCommands } from './advisories.ts'
import { addExceptionCommands } from './exceptions.ts'
import { addFindingsCommand } from './findings.ts'
import { addGroupCommands, addRoleCommands } from './groups.ts'
import { addImageCommands } from './images.ts'
import { addProtectionCommands } from './immutable.ts'
import { addLabelCommands } from './labels.ts'
import { addLoginCommands } from './login.ts'
import { addNameCommands } from './names.ts'
import { addMemberCommands, addProjectCommands } from './projects.ts'
import { addQuotaCommands } from './quotas.ts'
import { addRetentionCommands } from './retention.ts'
import { addRobotCommands, addTokenCommands } from './robots.ts'
import { addPackagesCommand, addSbomCommand, addScanCommand } from './scan.ts'
import { addReportCommands, addScannerCommands } from './scanners.ts'
import { addSearchCommand } from './search.ts'
import { addTagCommands } from './tags.ts'
import { addTrashCommands } from './trash.ts'
import { addAccessCommand, addTrustRuleCommands } from './trust-rules.ts'
import { addUserCommands } from './users.ts'
import { addVexCommands } from './vex.ts'
import { addVulnerabilityPolicyCommands } from './vulnerability-policy.ts'

/** Everything that is asked of a server over its API. */
export function addRemoteCommands(program: Command, context: CommandContext): void {
  addLoginCommands(program, context)
  addUserCommands(program, context)
  addGroupCommands(program, context)
  addRoleCommands(program, context)
  addProjectCommands(program, context)
  addNameCommands(program, context)
  addTagCommands(program, context)
  addMemberCommands(program, context)
  addRobotCommands(program, context)
  addTokenCommands(program, context)
  addTrustRuleCommands(program, context)
  addAccessCommand(program, context)
  addTrashCommands(program, context)
  addSearchCommand(program, context)
  addImageCommands(program, context)
  addLabelCommands(program, context)
  addRetentionCommands(program, context)
  addProtectionCommands(program, context)
  addQuotaCommands(program, context)
  addAdvisoryCommands(program, context)
  addScanCommand(program, context)
  addSbomCommand(program, context)
  addFindingsCommand(program, context)
  addPackagesCommand(program, context)
  addVulnerabilityPolicyCommands(program, context)
  addExceptionCommands(program, context)
  addVexCommands(program, context)
  addScannerCommands(program, context)
  addReportCommands(program, context)
}

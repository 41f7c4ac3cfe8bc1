import { z } from 'zod'
import { isAllowedPrivateEntry } from '../../platform/outbound/index.ts'
import { listOf } from './setting-kinds.ts'

/** The section `outbound`: where Berth's own requests may go besides the public Internet. */
export const outboundSettings = z
  .strictObject({
    allowedPrivate: listOf(
      z
        .string()
        .refine(isAllowedPrivateEntry, 'expected a range such as 10.0.0.0/8 or a host such as ldap.corp.example'),
    ).default([]),
  })
  .prefault({})

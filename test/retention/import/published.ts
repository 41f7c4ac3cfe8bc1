import { ECR_EXAMPLES } from './ecr-examples.ts'
import type { Example } from './example.ts'
import { GAR_EXAMPLES } from './gar-examples.ts'
import { GITLAB_EXAMPLES } from './gitlab-examples.ts'
import { HARBOR_EXAMPLES } from './harbor-examples.ts'

export const PUBLISHED: readonly Example[] = [...ECR_EXAMPLES, ...GAR_EXAMPLES, ...HARBOR_EXAMPLES, ...GITLAB_EXAMPLES]

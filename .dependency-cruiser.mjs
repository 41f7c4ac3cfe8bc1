/** The house rules. Each comment is what a newcomer reads when the test stops them. */
const floor = (name, from, to, comment) => ({ name, comment, severity: 'error', from: { path: from }, to: { path: to } })
const owner = (name, modules, home, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: modules },
})
const hub = 'content|access|identity|gates|events|network|limits|protection'

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'A cycle, even of types, means two files are one idea: merge them, or move what both need down.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    floor('oci-is-the-ground', '^src/oci/', '^(?!src/oci/)', 'The vocabulary knows nobody; that is why everybody may know it.'),
    floor('platform-below-stores', '^src/platform/', '^src/(main|app|entry|features|stores)', 'Platform helps; it has no opinion about registries.'),
    floor('stores-below-features', '^src/stores/', '^src/(main|app|entry|features)', 'A store keeps what it is told; a rule in a store is a rule nobody finds.'),
    floor('features-below-entry', '^src/features/', '^src/(main|app|entry)', 'A use case does not know whether HTTP, a job or the command line called it.'),
    floor('entry-never-touches-stores', '^src/entry/', '^src/(main|app|stores)', 'A route parses, calls one use case, writes the answer. Reading a store here skips access and gates.'),
    {
      name: 'features-know-store-types-only',
      comment: 'Import the port as a type; app/ hands the store in. (So a test can hand in another.)',
      severity: 'error',
      from: { path: '^src/features/' },
      to: { path: '^src/stores/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'through-the-front-door',
      comment: 'Another room is entered by its index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/([^/]+)/' },
      to: { path: '^src/(features|stores|platform)/[^/]+/.+', pathNot: ['^src/$1/$2/', '/index[.]ts$'] },
    },
    {
      name: 'hub-knows-no-spoke',
      comment: 'content, access, identity, gates, events, network, limits and protection are the hub. A spoke hooks in as a gate, a subscriber or a port.',
      severity: 'error',
      from: { path: `^src/features/(${hub})/` },
      to: { path: '^src/features/[^/]+/', pathNot: `^src/features/(${hub})/` },
    },
    {
      name: 'spokes-never-meet',
      comment: 'A spoke that needs another’s fact declares a one-function port; app/ connects them.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/', pathNot: `^src/features/(${hub})/` },
      to: { path: '^src/features/[^/]+/', pathNot: ['^src/features/$1/', `^src/features/(${hub})/`] },
    },
    floor('content-is-the-hub-top', '^src/features/(identity|access|gates|events|network|limits|protection)/', '^src/features/content/', 'identity ← access ← content; all others of the hub below content.'),
    {
      name: 'config-ends-in-app',
      comment: 'app/ turns Config into arguments; nobody else may ask for settings.',
      severity: 'error',
      from: { pathNot: '^src/(app/|main)' },
      to: { path: '^src/app/config' },
    },
    owner('sql-lives-in-metadata', '(^|node_modules/)(kysely|kysely-postgres-js|pg|pg-boss|postgres)(/|$)|^bun:sqlite$', '^src/stores/(metadata|jobs)/', 'Two rooms speak SQL, and each has one suite that proves it on both engines.'),
    owner('disk-lives-in-stores', '^(node:)?fs(/promises)?$', '^src/(stores|app)/', 'Files are touched where durability is argued for.'),
    owner('commands-are-parsed-in-app', 'node_modules/commander(/|$)', '^src/app/', 'What is printed and what is parsed are two things.'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.](test|contract)[.]ts$' },
    enhancedResolveOptions: { extensions: ['.ts'], exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}

// The rooms of docs/ARCHITECTURE.md: what each may import. A row allows what it names and nothing else.
const CRYPTO = 'node:crypto'
const CLOCK_AND_WORLD =
  '^(node:)?(fs|fs/promises|child_process|process|os|worker_threads|cluster|timers|timers/promises)$'

const BROKER_LIBRARIES = {
  kafka: ['@platformatic/kafka'],
  nats: ['@nats-io/[^/]+', 'bcryptjs'], // bcrypt: nats.conf holds nothing else of a password
  rabbitmq: ['amqplib'],
}

const escaped = (text) => text.replace(/[/.]/g, '\\$&')
const library = (name) => `(^|node_modules/)${name}(/|$)`

/** Imports of `room` may only go to its own folder, the `rooms` named, npm `libraries` and node: `builtins`. */
const room = (name, from, rooms, { libraries = [], builtins = [], own = `^${from}` } = {}) => ({
  name: `room-${name}`,
  comment: `${name} may import: ${[...rooms, ...libraries, ...builtins].join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^${from}` },
  to: {
    pathNot: [
      own,
      ...rooms.map((each) => `^src/${each}(/|\\.ts$)`),
      ...libraries.map(library),
      ...builtins.map((each) => `^(node:)?${escaped(each.replace('node:', ''))}$`),
    ],
  },
})

/** For rooms that touch something outside: other rooms are closed to them, npm and node: are not. */
const outside = (name, from, rooms, own = `^${from}`) => ({
  name: `room-${name}`,
  comment: `${name} may import of src: ${rooms.join(', ')}`,
  severity: 'error',
  from: { path: `^${from}` },
  to: { path: '^src/', pathNot: [own, ...rooms.map((each) => `^src/${each}/`)] },
})

const PURE = { builtins: [CRYPTO] }

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependencies',
      comment: 'shipped code imports only what package.json lists under dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-the-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'only-main-imports-compose',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|compose)\\.ts$' },
      to: { path: '^src/(main|compose)\\.ts$' },
    },

    room('model', 'src/model/', [], PURE),
    room('ports', 'src/ports/', ['model'], PURE),
    room('spec', 'src/spec/', ['model', 'ports'], { libraries: ['yaml', 'zod'], ...PURE }),
    room('engine', 'src/engine/', ['model', 'ports'], PURE),
    room('operations', 'src/operations/([^/]+)', ['model', 'ports', 'engine'], {
      ...PURE,
      own: '^src/operations/$1(/|\\.ts$)',
    }),

    // Brokers speak the network; the file system, processes and the clock are handed in.
    outside('brokers', 'src/brokers/([^/]+)/', ['model', 'ports', 'brokers/shared'], '^src/brokers/$1/'),
    {
      name: 'brokers-touch-the-network-only',
      severity: 'error',
      from: { path: '^src/brokers/' },
      to: { path: CLOCK_AND_WORLD },
    },
    ...Object.entries(BROKER_LIBRARIES).flatMap(([broker, libraries]) => [
      {
        name: `library-of-${broker}`,
        comment: `only src/brokers/${broker} may import ${libraries.join(', ')}`,
        severity: 'error',
        from: { path: '^src/', pathNot: `^src/(brokers/${broker}/|compose\\.ts$|main\\.ts$)` },
        to: { path: libraries.map(library) },
      },
      {
        name: `libraries-${broker}`,
        comment: `src/brokers/${broker} may import of npm: zod, ${libraries.join(', ')}`,
        severity: 'error',
        from: { path: `^src/brokers/${broker}/` },
        to: { path: 'node_modules/', pathNot: ['zod', ...libraries].map(library) },
      },
    ]),

    outside('targets', 'src/targets/([^/]+)/', ['model', 'ports', 'targets/shared'], '^src/targets/$1/'),
    outside('runtimes', 'src/runtimes/', ['model', 'ports']),
    outside('adapters', 'src/adapters/([^/]+)/', ['model', 'ports', 'adapters/shared'], '^src/adapters/$1/'),
    outside('cli', 'src/cli/', ['model', 'ports', 'engine', 'operations', 'spec']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}

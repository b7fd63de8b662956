// npm run reference: docs/reference/ from the schema. A test fails when it is not current.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApplication } from '../src/compose.ts'
import { referenceFiles } from '../src/spec/index.ts'

const folder = join(import.meta.dirname, '../docs/reference')
const app = await createApplication({ cwd: process.cwd(), env: {} })
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(referenceFiles(app.brokers, ({ kind }) => app.reference(kind)))) {
  writeFileSync(join(folder, name), text)
  console.log(`docs/reference/${name}`)
}
await app.close()

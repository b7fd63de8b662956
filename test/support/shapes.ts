import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { convertFiles, type LoadOptions, type SpecFile } from '../../src/spec/index.ts'

/**
 * Files as other tools and the brokers write them, rebuilt by hand after public ones: a folder each, named after the
 * broker; beside it NAME.golden.yaml, the spec that it becomes.
 */
export const SHAPES = join(import.meta.dirname, '../fixtures/shapes')
export const shapes = readdirSync(SHAPES).filter((name) => statSync(join(SHAPES, name)).isDirectory())

/** The files of a shape, as they stand in /shapes/NAME. */
export const shapeFiles = (name: string): readonly SpecFile[] =>
  readdirSync(join(SHAPES, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SHAPES.length + 1))
    .toSorted()
    .map((file) => ({
      name: file,
      folder: join('/shapes', file, '..'),
      bytes: readFileSync(join(SHAPES, file)),
    }))

export const convertShape = (name: string, o: LoadOptions, names: readonly string[] = []) =>
  convertFiles(shapeFiles(name), { ...o, format: null, names })

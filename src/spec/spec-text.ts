/** A file that could be read as text. `order`: its place among the files given. */
export type SpecText = { readonly name: string; readonly folder: string; readonly text: string; readonly order: number }

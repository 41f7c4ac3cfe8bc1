export type { FileReader, LayerFile } from './file-reader.ts'
export type { Distribution, FoundPackage, Inventory, PlacedPackage } from './package.ts'
export { PartlyRead } from './partly-read.ts'
export { formatPurl, type PackageUrl, parsePurl } from './purl.ts'

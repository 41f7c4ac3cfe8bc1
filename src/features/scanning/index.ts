export type { FindingInImage } from '../../stores/metadata/index.ts'
export { forgetInventories } from './forget-inventories.ts'
export { type ImagePackage, listPackages, type PackageRequest } from './image-packages.ts'
export type { ScannedImage } from './images-of.ts'
export { listFindings } from './list-findings.ts'
export { type Attaching, attachEverywhere, attachToNew, type Pushing } from './sbom/attach-sbom.ts'
export { makeSbom, SBOM_FORMATS, type Sbom, type SbomFormat } from './sbom/make-sbom.ts'
export { scanUntil } from './scan-until.ts'
export type {
  FoundInventory,
  FoundSbom,
  ImageLayers,
  ReadImage,
  ReadOutcome,
  ReadSbom,
  ScanFact,
  Scanning,
  ScanObserver,
  ScanSettings,
} from './scanning.ts'
export type { Scans } from './scans.ts'
export { type FoundHolder, namesOf, searchPackages } from './search-packages.ts'
export { askForScan, findingsOf, type ShownScan, showScan } from './show-scan.ts'

import { isObject } from '../../../oci/index.ts'
import { list } from '../../../platform/foreign-json/index.ts'
import { textOf } from './fields.ts'

/** A package of a release. */
export interface Component {
  readonly ecosystem: string
  readonly name: string
  /** [epoch:]version-release; undefined where a product is a package of whatever version. */
  readonly version: string | undefined
}

/** What the ids of products stand for. */
export interface ProductTree {
  get(id: string): Component | undefined
}

interface Product {
  cpe?: string
  purl?: string
}

/** Deeper than documents are. */
const MOST_DEPTH = 50

export function readProductTree(value: unknown): ProductTree {
  const products = new Map<string, Product>()
  const parts = new Map<string, { component: string; platform: string }>()
  const tree = isObject(value) ? value : {}
  const note = (product: unknown) => {
    if (!isObject(product)) return
    const helper = isObject(product.product_identification_helper) ? product.product_identification_helper : {}
    products.set(textOf(product.product_id), { cpe: textOf(helper.cpe), purl: textOf(helper.purl) })
  }
  const walk = (branches: unknown, depth: number) => {
    for (const branch of list(branches)) {
      if (!isObject(branch) || depth > MOST_DEPTH) continue
      note(branch.product)
      walk(branch.branches, depth + 1)
    }
  }
  walk(tree.branches, 0)
  for (const product of list(tree.full_product_names)) note(product)
  for (const relationship of list(tree.relationships)) {
    if (!isObject(relationship) || !isObject(relationship.full_product_name)) continue
    parts.set(textOf(relationship.full_product_name.product_id), {
      component: textOf(relationship.product_reference),
      platform: textOf(relationship.relates_to_product_reference),
    })
  }
  return {
    get(id) {
      const part = parts.get(id)
      const ecosystem = part && ecosystemOfCpe(products.get(part.platform)?.cpe ?? '')
      return part && ecosystem
        ? componentOf(ecosystem, part.component, products.get(part.component)?.purl ?? '')
        : undefined
    },
  }
}

/** `cpe:/o:redhat:enterprise_linux:9::baseos`; of other products there are no packages here. */
function ecosystemOfCpe(cpe: string): string | undefined {
  const release = /^cpe:(?:\/|2\.3:)[ao]:redhat:enterprise_linux:(\d+)/.exec(cpe)?.[1]
  return release === undefined ? undefined : `Red Hat:${release}`
}

/** `pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1`, or the name alone. */
function componentOf(ecosystem: string, component: string, purl: string): Component | undefined {
  const found = /^pkg:rpm\/redhat\/([^@?]+)(?:@([^?]+))?(?:\?(.*))?$/.exec(purl)
  if (!found) {
    const isName = /^[\w.+-]+$/.test(component) && !purl
    return isName ? { ecosystem, name: component, version: undefined } : undefined
  }
  const [, name = '', version, qualifiers = ''] = found
  const epoch = new URLSearchParams(qualifiers).get('epoch')
  const evr = version === undefined ? undefined : decode(version)
  return {
    ecosystem,
    name: decode(name),
    version: evr === undefined ? undefined : epoch === null || epoch === '0' ? evr : `${epoch}:${evr}`,
  }
}

function decode(text: string): string {
  return /%(?![0-9A-Fa-f]{2})/.test(text) ? text : (decodeOrNothing(text) ?? text)
}

function decodeOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

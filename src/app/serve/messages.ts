/** What a worker and its supervisor say to each other over Bun's channel between processes. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly urls: readonly string[] }
  | { readonly kind: 'expose'; readonly id: string }
  | { readonly kind: 'snapshot'; readonly id: string; readonly value: unknown }

export type ToWorker =
  | { readonly kind: 'take-snapshot'; readonly id: string }
  | { readonly kind: 'exposed'; readonly id: string; readonly contentType: string; readonly text: string }

/** With `{ type: 'file' }`: the path of the file, in a single-file build too. */
declare module 'swagger-ui-dist/*' {
  const path: string
  export default path
}

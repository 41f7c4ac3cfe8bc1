import { ARCHITECTURE, BLOCK, cruise, mermaid, roomGraph } from './cruise.ts'

const text = await Bun.file(ARCHITECTURE).text()
await Bun.write(ARCHITECTURE, text.replace(BLOCK, `$1${mermaid(roomGraph(await cruise()))}$2`))

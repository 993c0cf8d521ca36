// Server-sent events read from a fetch stream: unlike EventSource, fetch can carry the Authorization header, sees the
// status and the problem details of a refusal, and notices comment lines, which prove that a quiet server still lives.

export interface ServerEvent {
  /** "comment" for a heartbeat line, which carries no data. */
  name: string
  data: string
}

const LineCharsMax = 16 * 1024 * 1024

export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let name = ''
  let data: string[] = []
  for await (const line of readLines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { name: name === '' ? 'message' : name, data: data.join('\n') }
      name = ''
      data = []
    } else if (line.startsWith(':')) {
      yield { name: 'comment', data: '' }
    } else {
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (field === 'event') name = value
      else if (field === 'data') data.push(value)
    }
  }
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      if (rest.length > LineCharsMax) throw new Error('A line of the live feed exceeds its bound.')
      const lines = rest.split(/\r\n|\n/)
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

import { city, ledger, openLive, Problem } from './api'
import type { CityState, Ledger } from './api'
import { readEvents } from './event-stream'

export type Connection = 'connecting' | 'live' | 'polling' | 'reconnecting' | 'signIn'

export interface LiveListener {
  city(state: CityState): void
  ledger(state: Ledger): void
  connection(state: Connection): void
  /** Something came down the stream, if only a heartbeat: the last state is still the newest. */
  alive(): void
  problem(problem: Problem): void
}

const BackOffFirstMs = 1_000
const BackOffMaxMs = 30_000
const PollMs = 5_000
/** A stream that brings not one byte for this long is taken for dead, as after a lost network, and opened again. */
const SilenceMaxMs = 45_000

/**
 * Keeps one city's state coming: the event stream while it holds, polling while the stream is down, back-off between
 * attempts. Runs from construction until stop.
 */
export class LiveFeed {
  private readonly stopped = new AbortController()
  private state: CityState | null = null

  constructor(private readonly cityId: string, private readonly listener: LiveListener) {
    listener.connection('connecting')
    void this.run()
  }

  stop(): void {
    this.stopped.abort()
  }

  private async run(): Promise<void> {
    let failures = 0
    while (!this.stopped.signal.aborted) {
      try {
        await this.follow(() => { failures = 0 })
      } catch (error) {
        if (this.stopped.signal.aborted) return
        if (error instanceof Problem && error.status === 401) {
          // A sign-in starts a new feed, so there is nothing left to do for this one.
          this.listener.connection('signIn')
          return
        }
      }
      failures++
      await this.pollUntilNextAttempt(failures)
    }
  }

  private async follow(onData: () => void): Promise<void> {
    const silence = new AbortController()
    const signal = AbortSignal.any([this.stopped.signal, silence.signal])
    let timer = setTimeout(() => silence.abort(), SilenceMaxMs)
    try {
      for await (const event of readEvents(await openLive(this.cityId, signal))) {
        clearTimeout(timer)
        timer = setTimeout(() => silence.abort(), SilenceMaxMs)
        if (signal.aborted) return
        onData()
        this.listener.connection('live')
        this.listener.alive()
        if (event.name === 'city') this.takeCity(JSON.parse(event.data) as CityState)
        else if (event.name === 'ledger') this.listener.ledger(JSON.parse(event.data) as Ledger)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** A section the server left out of an event has not changed. */
  private takeCity(next: CityState): void {
    this.state = this.state?.id === next.id ? { ...this.state, ...next } : next
    this.listener.city(this.state)
  }

  private async pollUntilNextAttempt(failures: number): Promise<void> {
    const backOff = Math.min(BackOffFirstMs * 2 ** (failures - 1), BackOffMaxMs)
    const deadline = performance.now() + backOff * (0.75 + Math.random() / 2)
    if (failures === 1) this.listener.connection('reconnecting')
    while (!this.stopped.signal.aborted && performance.now() < deadline) {
      if (failures > 1) await this.poll()
      await sleep(Math.min(PollMs, Math.max(0, deadline - performance.now())), this.stopped.signal)
    }
  }

  private async poll(): Promise<void> {
    try {
      const signal = this.stopped.signal
      const [state, lines] = await Promise.all([city(this.cityId, signal), ledger(signal)])
      if (signal.aborted) return
      this.listener.connection('polling')
      this.state = state
      this.listener.city(state)
      this.listener.ledger(lines)
    } catch (error) {
      if (this.stopped.signal.aborted) return
      this.listener.connection('reconnecting')
      if (error instanceof Problem) this.listener.problem(error)
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

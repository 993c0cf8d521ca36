import { signedIn, signOut } from './api'
import type { CitySummary } from './api'
import { h, replace, setText } from './dom'
import type { Connection } from './live'
import { shapeOf } from './marks'
import { age } from './numbers'
import { language, languages, t } from './text'
import type { Language, TextKey } from './text'
import markUrl from './mark.svg?url'
import type { Scene } from './page'

/** Data older than this is called stale whatever the transport says. */
const StaleAfterS = 15

export interface HeaderActions {
  city(id: string): void
  language(next: Language): void
  signIn(): void
}

const looks: Record<Connection | 'stale', { shape: string, mark: string, text: TextKey }> = {
  connecting: { shape: '◌', mark: 'never', text: 'connection.connecting' },
  live: { shape: '●', mark: 'good', text: 'connection.live' },
  polling: { shape: '◐', mark: 'late', text: 'connection.polling' },
  reconnecting: { shape: '◌', mark: 'late', text: 'connection.reconnecting' },
  stale: { shape: '▲', mark: 'less', text: 'connection.stale' },
  signIn: { shape: '▲', mark: 'less', text: 'connection.signIn' },
}

export class Header {
  readonly element: HTMLElement
  private readonly clock = h('p', { class: 'clock', 'data-testid': 'clock' })
  /** Only the word is announced; the age beside it changes every second. */
  private readonly state = h('span', { 'aria-live': 'polite', 'aria-atomic': 'true', 'data-testid': 'connection-state' })
  private readonly age = h('span', { class: 'muted', 'data-testid': 'connection-age' })
  private readonly banner: HTMLElement
  private connection: Connection = 'connecting'
  private shown = ''
  private heardAt: number | null = null
  private aliveAt = 0
  private readonly timer: ReturnType<typeof setInterval>

  constructor(private readonly scene: Scene, cities: CitySummary[], actions: HeaderActions) {
    this.banner = h('p', { class: 'banner', 'data-testid': 'simulated-banner' },
      h('strong', {}, t('banner.simulated')), h('span', {}, t('banner.simulatedDetail')))
    this.element = h('header', {},
      h('div', { class: 'header-bar' },
        h('div', { class: 'brand' }, h('img', { src: markUrl, alt: '', width: 30, height: 30 }),
          h('h1', {}, t('app.title')), h('span', { class: 'muted subtitle' }, t('app.subtitle'))),
        this.citySelector(cities, actions),
        this.clock,
        h('p', { class: 'connection' }, h('span', { class: 'visually-hidden' }, `${t('connection.label')}: `), this.state, ' ', this.age),
        h('div', { class: 'tools' }, this.languageSelector(actions), this.session(actions))),
      this.banner)
    this.timer = setInterval(() => this.tick(), 1_000)
    this.tick()
  }

  setConnection(connection: Connection): void {
    this.connection = connection
    this.tick()
  }

  /** A new state has arrived: the clock shows its instant and runs on from there. */
  heard(): void {
    this.heardAt = performance.now()
    this.banner.hidden = !this.scene.simulated()
    this.tick()
  }

  /** Anything arrived at all, be it a heartbeat: the last state is then still the newest. */
  alive(): void {
    this.aliveAt = performance.now()
  }

  close(): void {
    clearInterval(this.timer)
  }

  private tick(): void {
    const now = performance.now()
    const seconds = this.heardAt === null ? null : (now - Math.max(this.heardAt, this.aliveAt)) / 1_000
    const stale = seconds !== null && seconds > StaleAfterS
    this.showState(stale && this.connection !== 'signIn' ? 'stale' : this.connection)
    setText(this.age, seconds === null || seconds < 3 ? '' : t('connection.age', { age: age(seconds) }))
    if (this.heardAt === null) setText(this.clock, '')
    else setText(this.clock, this.scene.time.full(this.scene.now() + (stale ? 0 : now - this.heardAt)))
    this.clock.classList.toggle('clock-stopped', stale)
  }

  private showState(name: Connection | 'stale'): void {
    if (name === this.shown) return
    this.shown = name
    const look = looks[name]
    this.state.dataset['state'] = name
    replace(this.state, h('span', { class: `mark mark-${look.mark}` }, shapeOf(look.shape), ' ', t(look.text)))
  }

  private citySelector(cities: CitySummary[], actions: HeaderActions): HTMLElement {
    const select = h('select', { 'data-testid': 'city-select', onchange: () => actions.city(select.value) },
      ...cities.map(city => h('option', { value: city.id, selected: city.id === this.scene.city.id },
        city.country === undefined ? city.name : `${city.name} (${city.country})`)))
    return h('label', { class: 'pick' }, h('span', { class: 'visually-hidden' }, t('app.city')), select)
  }

  private languageSelector(actions: HeaderActions): HTMLElement {
    const select = h('select', {
      id: 'language', 'data-testid': 'language-select', onchange: () => actions.language(select.value as Language),
    }, ...Object.entries(languages).map(([tag, name]) => h('option', { value: tag, lang: tag, selected: tag === language() }, name)))
    return h('label', { class: 'pick' }, h('span', { class: 'visually-hidden' }, t('app.language')), select)
  }

  private session(actions: HeaderActions): HTMLElement {
    const name = signedIn()
    return name === null
      ? h('button', { type: 'button', 'data-testid': 'sign-in-open', onclick: () => actions.signIn() }, t('session.signIn'))
      : h('button', { type: 'button', 'data-testid': 'sign-out', onclick: () => signOut(), title: name }, t('session.signOut'))
  }
}

import { signedIn, signOut } from './api'
import type { CityState, CitySummary } from './api'
import { instantOf } from './city-time'
import { h, replace, setText } from './dom'
import type { Connection } from './live'
import { shapeOf } from './marks'
import { age } from './numbers'
import { language, languages, t } from './text'
import type { Language, TextKey } from './text'
import markUrl from './mark.svg?url'
import { isHeard } from './page'
import type { Scene } from './page'

/** With nothing heard from the server for so long the connection is called lost, whatever the transport says. */
const LostAfterS = 15

export interface HeaderActions {
  city(id: string): void
  language(next: Language): void
  signIn(): void
}

const looks: Record<Connection | 'lost', { shape: string, mark: string, text: TextKey }> = {
  connecting: { shape: '◌', mark: 'never', text: 'connection.connecting' },
  live: { shape: '●', mark: 'good', text: 'connection.live' },
  polling: { shape: '◐', mark: 'late', text: 'connection.polling' },
  reconnecting: { shape: '◌', mark: 'late', text: 'connection.reconnecting' },
  lost: { shape: '▲', mark: 'less', text: 'connection.lost' },
  signIn: { shape: '▲', mark: 'less', text: 'connection.signIn' },
}

export class Header {
  readonly element: HTMLElement
  private readonly clock = h('p', { class: 'clock', 'data-testid': 'clock' })
  /** The stream to this page; how old the data is stands beside it, as its own sign. */
  private readonly state = h('span', { 'aria-live': 'polite', 'aria-atomic': 'true', 'data-testid': 'connection-state' })
  private readonly data = h('span', { class: 'mark data-age', 'data-testid': 'data-age' })
  private readonly dataText = h('span', {})
  private newest: number | null = null
  private isSilent = false
  private readonly banner: HTMLElement
  private connection: Connection = 'connecting'
  private shown = ''
  private heardAt: number | null = null
  private aliveAt = 0
  private readonly timer: ReturnType<typeof setInterval>

  constructor(private readonly scene: Scene, cities: CitySummary[], actions: HeaderActions) {
    this.banner = h('p', { class: 'banner', 'data-testid': 'simulated-banner', hidden: !scene.simulated() },
      h('strong', {}, t('banner.simulated')), h('span', {}, t('banner.simulatedDetail')))
    this.element = h('header', {},
      h('div', { class: 'header-bar' },
        h('div', { class: 'brand' }, h('img', { src: markUrl, alt: '', width: 30, height: 30 }),
          h('h1', {}, t('app.title')), h('span', { class: 'muted subtitle' }, t('app.subtitle'))),
        this.citySelector(cities, actions),
        this.clock,
        h('p', { class: 'connection' }, h('span', { class: 'visually-hidden' }, `${t('connection.label')}: `), this.state, ' ', this.data),
        h('div', { class: 'tools' }, this.languageSelector(actions), this.session(actions))),
      this.banner)
    this.data.append(shapeOf(''), ' ', this.dataText)
    this.timer = setInterval(() => this.tick(), 1_000)
    this.tick()
  }

  setConnection(connection: Connection): void {
    this.connection = connection
    this.tick()
  }

  /** A new state has arrived: the clock shows its instant and runs on from there. */
  heard(state: CityState): void {
    this.heardAt = performance.now()
    this.newest = instantOf(state.lastReading)
    this.isSilent = !isHeard(state)
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
    const lost = seconds !== null && seconds > LostAfterS
    this.showState(lost && this.connection !== 'signIn' ? 'lost' : this.connection)
    if (this.heardAt === null) return
    const cityNow = this.scene.now() + now - this.heardAt
    setText(this.clock, this.scene.time.full(lost ? this.scene.now() : cityNow))
    this.clock.classList.toggle('clock-stopped', lost)
    this.showData(cityNow)
  }

  /** The age of the newest reading goes on growing while the stream is lost: nothing newer is known here. */
  private showData(cityNow: number): void {
    this.data.classList.toggle('mark-less', this.isSilent)
    setText(this.data.firstElementChild!, this.isSilent ? '▲' : '')
    setText(this.dataText, this.newest === null ? t('data.none') : t('data.newest', {
      time: this.scene.time.clock(this.newest, cityNow), age: age(Math.max(0, cityNow - this.newest) / 1_000),
    }))
  }

  private showState(name: Connection | 'lost'): void {
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

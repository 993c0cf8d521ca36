import type { CityState, CitySummary, Problem } from './api'
import { AssetPanel } from './asset-panel'
import { CityTime, instantOf } from './city-time'
import { districtsSection } from './districts'
import { h, setText } from './dom'
import { freshnessSection } from './freshness'
import { gridSection } from './grid'
import { Header } from './header'
import type { HeaderActions } from './header'
import { ledgerSection } from './ledger'
import { LiveFeed } from './live'
import { mapSection } from './map'
import { failure } from './notice'
import { hrefOf, idInAddress } from './page'
import type { Scene, Section } from './page'
import { qualitySection } from './quality'
import { quarantineSection } from './quarantine'
import { t, textOfCode } from './text'
import { totalsSection } from './totals'
import { whatIfSection } from './what-if'

/** The page of one city in one language: builds the sections and hands them what the live feed brings. */
export class CityPage {
  readonly elements: HTMLElement[]
  readonly cityId: string
  private readonly header: Header
  private readonly sections: Section[]
  private readonly districts: ReturnType<typeof districtsSection>
  private readonly panel: AssetPanel
  private readonly feed: LiveFeed
  private readonly geography = h('span', {})
  private readonly problem = h('div', { class: 'page-problem' })
  private state: CityState | null = null
  private routed: string | null = null

  constructor(city: CitySummary, cities: CitySummary[], actions: HeaderActions) {
    this.cityId = city.id
    const scene: Scene = {
      city,
      time: new CityTime(city.zone, city.utcOffset),
      now: () => instantOf(this.state?.asOf) ?? Date.now(),
      simulated: () => this.state?.simulated ?? city.simulated ?? false,
    }
    this.header = new Header(scene, cities, actions)
    this.districts = districtsSection(scene)
    this.sections = [totalsSection(scene), mapSection(scene), this.districts, gridSection(scene), whatIfSection(scene), freshnessSection(), qualitySection(scene), ledgerSection(scene), quarantineSection(scene)]
    this.panel = new AssetPanel(scene, () => this.leaveAsset())
    this.elements = [
      h('a', { class: 'skip', href: '#main' }, t('app.skip')),
      this.header.element,
      h('main', { id: 'main', tabindex: -1 }, this.problem, ...this.sections.map(section => section.element)),
      h('footer', {}, this.geography, h('span', {}, t('app.footer'))),
      this.panel.element,
    ]
    this.feed = new LiveFeed(city.id, {
      city: state => this.show(state),
      ledger: ledger => this.sections.forEach(section => section.showLedger?.(ledger)),
      connection: connection => this.header.setConnection(connection),
      alive: () => this.header.alive(),
      problem: problem => this.showProblem(problem),
    })
  }

  close(): void {
    this.feed.stop()
    this.header.close()
    this.panel.close()
    this.sections.forEach(section => section.close?.())
  }

  /** The address is #/ and an asset's id: the city alone, a district to open, or an asset for the panel. */
  route(): void {
    const id = idInAddress()
    if (id === undefined || this.state === null || id === this.routed) return
    this.routed = id
    if (id === this.cityId || this.districts.open(id)) this.panel.close()
    else this.panel.open(id)
  }

  private show(state: CityState): void {
    this.state = state
    this.problem.replaceChildren()
    this.header.heard(state)
    this.sections.forEach(section => section.showCity?.(state))
    if (state.geography) setText(this.geography, `${textOfCode('geography', state.geography)} · `)
    this.route()
  }

  /** The same problem is shown, and announced, once. */
  private showProblem(problem: Problem): void {
    const notice = failure(problem)
    if (this.problem.textContent !== notice.textContent) this.problem.replaceChildren(notice)
  }

  /** Closing the panel leaves the asset's address without adding a step to the history. */
  private leaveAsset(): void {
    this.routed = null
    history.replaceState(null, '', hrefOf(this.cityId))
  }
}

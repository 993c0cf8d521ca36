import type { CityMap } from './api'
import { h, replace, setText } from './dom'
import type { MapBand } from './map-bands'
import type { MapView } from './map-view'
import { empty, loading } from './notice'
import type { Scene } from './page'
import { t } from './text'
import type { TextKey } from './text'

/** What frames a drawing: its controls, what is pointed at, its notice and the watermark. What draws is fetched when there is something to be drawn. */
export class MapFrame {
  readonly element: HTMLElement
  private readonly canvas: HTMLElement
  private readonly status = h('div', { class: 'map-status' }, loading())
  private readonly pointed = h('p', { class: 'map-pointed', 'aria-hidden': 'true' })
  private readonly notice = h('p', { class: 'map-notice' })
  private view: MapView | null = null
  private city: CityMap | null = null
  private closed = false

  constructor(scene: Scene, testId: string) {
    this.canvas = h('div', { class: 'map-canvas', 'data-testid': testId })
    const button = (text: string, label: TextKey, act: () => void) => h('button', { type: 'button', 'aria-label': t(label), title: t(label), onclick: act }, text)
    const controls = h('div', { class: 'map-controls' },
      button('+', 'map.zoomIn', () => this.view?.zoom(1)), button('−', 'map.zoomOut', () => this.view?.zoom(-1)),
      button('⤢', 'map.whole', () => { if (this.city !== null) this.view?.fit(this.city) }))
    this.element = h('div', { class: 'map-frame' }, this.canvas, this.status, controls, this.pointed, this.notice,
      scene.simulated() ? h('p', { class: 'map-watermark', 'aria-hidden': 'true' }, t('banner.simulated')) : null)
  }

  /** Draws a city; null when it has nothing to be drawn, cannot be drawn here, or the frame is closed meanwhile. */
  async draw(city: CityMap, notice: string, pick: (id: string) => void, wordsOf: (id: string) => string): Promise<MapView | null> {
    this.city = city
    setText(this.notice, notice)
    if (city.features.length === 0) {
      replace(this.status, empty(t('map.empty')))
      return null
    }
    try {
      const { MapView } = await import('./map-view')
      if (this.closed) return null
      this.view = new MapView(this.canvas, city, pick, id => setText(this.pointed, id === null ? '' : wordsOf(id)))
      replace(this.status)
    } catch {
      // No WebGL, or the file is out of reach: the list beside the drawing stays.
      replace(this.status, empty(t('map.undrawable')))
    }
    return this.view
  }

  /** Instead of a drawing. */
  say(notice: HTMLElement): void {
    replace(this.status, notice)
  }

  close(): void {
    this.closed = true
    this.view?.close()
  }
}

/** A line of the legend. */
export function legendItem({ colour, width, label }: MapBand): HTMLElement {
  return h('li', {}, swatchOf(colour, width * 1.4), t(label))
}

export function swatchOf(colour: string, height: number): HTMLElement {
  const line = h('span', { class: 'swatch-line', 'aria-hidden': 'true' })
  line.style.background = colour
  line.style.height = `${height}px`
  return line
}

import { cityMap, mapValues } from './api'
import type { CityMap, MapFeature, MapValue } from './api'
import { h, KeyedList, replace, setText, whenInSight } from './dom'
import { listedNote } from './listed'
import { bandOfValue, freshnessBands, loadBands, mapLayers, trafficBands, UnknownColour } from './map-bands'
import type { MapBand, MapLayer } from './map-bands'
import { legendItem, MapFrame, swatchOf } from './map-frame'
import type { MapView } from './map-view'
import { freshnessMark, freshnessShapes, shapeOf } from './marks'
import { empty, failure } from './notice'
import { count, quantityText } from './numbers'
import { every, hrefOf } from './page'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'
import type { TextKey } from './text'

const RefreshMs = 5_000
const ListedMax = 10

const layerTexts: Record<MapLayer, { name: TextKey, list: TextKey, kind: string }> = {
  load: { name: 'map.layer.load', list: 'map.list.load', kind: 'feeder' },
  traffic: { name: 'map.layer.traffic', list: 'map.list.traffic', kind: 'detector' },
  sensors: { name: 'map.layer.sensors', list: 'map.list.sensors', kind: '' },
}

/**
 * The city drawn, with what is most loaded, slowest or silent listed beside it: whoever cannot see or point reads the same there.
 * The drawing is fetched when it comes into sight.
 */
export function mapSection(scene: Scene): Section {
  let layer: MapLayer = 'load'
  let city: CityMap | null = null
  let values: Record<string, MapValue> = {}
  let view: MapView | null = null
  let stop: (() => void) | null = null
  let closed = false
  const features = new Map<string, MapFeature>()

  const frame = new MapFrame(scene, 'map')
  const legend = h('ul', { class: 'map-legend' })
  const listTitle = h('h3', { id: 'map-list-title' })
  const items = h('ol', { class: 'map-list', 'aria-labelledby': 'map-list-title', 'data-testid': 'map-list' })
  const none = h('div', {})
  const list = new KeyedList<string>(items, id => id, id => rowOf(id))

  const choices = h('fieldset', { class: 'map-layers' }, h('legend', { class: 'visually-hidden' }, t('map.layers')),
    ...mapLayers.map(name => h('label', {},
      h('input', { type: 'radio', name: 'map-layer', value: name, checked: name === layer, onchange: () => choose(name) }), ' ', t(layerTexts[name].name))))
  const element = h('section', { id: 'map', 'aria-labelledby': 'map-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'map-title' }, t('map.title')), h('p', {}, t('map.help'))),
    h('div', { class: 'card map-card' },
      frame.element,
      h('div', { class: 'map-side' }, choices, legend, listTitle, items, none)))

  const leave = whenInSight(element, () => { stop = every(RefreshMs, refresh) })

  async function refresh(): Promise<void> {
    try {
      if (city === null) await begin()
      values = await mapValues(scene.city.id)
      if (closed) return
      show()
    } catch (error) {
      if (city === null) frame.say(failure(error))
    }
  }

  async function begin(): Promise<void> {
    const drawn = await cityMap(scene.city.id)
    for (const feature of drawn.features) if (feature.id !== undefined && !features.has(feature.id)) features.set(feature.id, feature)
    city = drawn
    view = await frame.draw(drawn, [drawn.notice, listedNote(scene.city, 'map')].filter(text => text).join(' · '), id => { location.hash = hrefOf(id) }, wordsOf)
  }

  function choose(next: MapLayer): void {
    layer = next
    show()
  }

  function show(): void {
    showLegend()
    setText(listTitle, t(layerTexts[layer].list))
    const listed = listOf()
    list.show(listed)
    replace(none, listed.length > 0 ? null : empty(t('map.nothing')))
    void view?.show(layer, values)
  }

  /** The highest first; of sensors those that were heard before and are silent now. */
  function listOf(): string[] {
    const of = Object.entries(values).filter(([id]) => features.has(id) && features.get(id)?.properties.kind !== 'district')
    const chosen = layer === 'sensors'
      ? of.filter(([, value]) => value.freshness === 'silent' || value.freshness === 'late')
        .sort(([, a], [, b]) => Number(b.freshness === 'silent') - Number(a.freshness === 'silent'))
      : of.filter(([id, value]) => value.value != null && kindOf(id) === layerTexts[layer].kind).sort(([, a], [, b]) => (b.value ?? 0) - (a.value ?? 0))
    return chosen.slice(0, ListedMax).map(([id]) => id)
  }

  /** A detector is in the map as a place and as a road. */
  function kindOf(id: string): string {
    const kind = features.get(id)?.properties.kind ?? ''
    return kind === 'road' ? 'detector' : kind
  }

  function rowOf(id: string) {
    const value = h('span', { class: 'map-value' })
    const swatch = h('span', { class: 'swatch', 'aria-hidden': 'true' })
    return {
      element: h('li', {}, swatch, h('a', { href: hrefOf(id) }, nameOf(id)), ' ', value),
      show() {
        const now = values[id]
        swatch.style.background = colourOf(now)
        replace(value, layer === 'sensors' ? freshnessMark(now?.freshness) : textOf(id))
      },
    }
  }

  function nameOf(id: string): string {
    return features.get(id)?.properties.name ?? id
  }

  function textOf(id: string): string {
    const value = values[id]
    if (value === undefined) return ''
    if (value.value == null) return textOfCode('freshness', value.freshness ?? 'never')
    if (value.unit === '%') return quantityText({ value: value.value, unit: '%' }, '%', 0)
    if (value.unit === '1') return `${quantityText({ value: value.value, unit: '1' }, '1', 2)} · ${t(bandOfValue(trafficBands, value.value).label)}`
    return quantityText({ value: value.value, unit: value.unit ?? '' }, 'kW/km2', 0)
  }

  function colourOf(value: MapValue | undefined): string {
    if (layer === 'sensors') return freshnessBands.find(band => band.state === value?.freshness)?.colour ?? UnknownColour
    return value?.value == null ? UnknownColour : bandOfValue(layer === 'load' ? loadBands : trafficBands, value.value).colour
  }

  function showLegend(): void {
    if (layer === 'sensors') {
      const states = Object.entries(values).filter(([id]) => kindOf(id) !== 'district').map(([, value]) => value.freshness)
      replace(legend, ...freshnessBands.map(({ state, colour }) => h('li', {},
        swatchOf(colour, 4), shapeOf(freshnessShapes[state]), ' ', `${t(`freshness.${state}`)} (${count(states.filter(other => other === state).length)})`)))
      return
    }
    const bands: readonly MapBand[] = layer === 'load' ? loadBands : trafficBands
    replace(legend,
      ...bands.map(legendItem),
      h('li', {}, swatchOf(UnknownColour, 1.5), t('map.unknown')),
      layer === 'load' ? h('li', {}, h('span', { class: 'swatch-line swatch-open', 'aria-hidden': 'true' }), t('map.open')) : null,
      layer === 'load' ? h('li', {}, h('span', { class: 'swatch-area', 'aria-hidden': 'true' }), t('map.districtLoad')) : null)
  }

  function wordsOf(id: string): string {
    return [nameOf(id), textOfCode('kind', kindOf(id)), textOf(id)].filter(part => part !== '').join(' · ')
  }

  return {
    element,
    close() {
      closed = true
      leave()
      stop?.()
      frame.close()
    },
  }
}

import * as maplibregl from 'maplibre-gl'
import type { ExpressionSpecification, LayerSpecification, MapGeoJSONFeature } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import type { CityMap, MapValue } from './api'
import { bandOfValue, freshnessBands, loadBands, trafficBands, UnknownColour, violationBands } from './map-bands'
import type { DrawnLayer, MapBand } from './map-bands'

maplibregl.setWorkerUrl(workerUrl)

const Source = 'city'
const PaddingPx = 24

/** Kinds of features that a layer shows, beside the districts. A detector is drawn as its road where it has one. */
const shown: Record<DrawnLayer, readonly string[]> = {
  load: ['feeder', 'substation', 'open'],
  traffic: ['road', 'detector'],
  sensors: ['feeder', 'substation', 'detector', 'station'],
  violations: ['line', 'transformer', 'substation'],
}

const bands: Record<Exclude<DrawnLayer, 'sensors'>, readonly MapBand[]> = { load: loadBands, traffic: trafficBands, violations: violationBands }

const kindsShown = ['feeder', 'line', 'open', 'road', 'transformer', 'detector', 'station', 'substation'] as const

/**
 * The drawing: MapLibre with nothing from outside, no tiles, no glyphs. Values reach it as feature states, which recolours without
 * drawing anew. Loaded only when the map comes into sight.
 */
export class MapView {
  private readonly map: maplibregl.Map
  private readonly ready: Promise<void>
  private readonly kinds = new Map<string, string[]>()

  constructor(element: HTMLElement, city: CityMap, private readonly onPick: (id: string) => void, onPoint: (id: string | null) => void) {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches
    this.map = new maplibregl.Map({
      container: element,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      bounds: boundsOf(city),
      fitBoundsOptions: { padding: PaddingPx },
      style: { version: 8, sources: { [Source]: { type: 'geojson', data: withKeys(city) as never, promoteId: 'key' } }, layers: layersOf(dark) },
    })
    this.map.touchZoomRotate.disableRotation()
    for (const feature of city.features) if (feature.id !== undefined) this.kinds.set(feature.id, [...this.kinds.get(feature.id) ?? [], feature.properties.kind])
    this.ready = new Promise(resolve => void this.map.once('load', () => resolve()))
    this.map.on('click', event => {
      const id = this.idAt(event.point)
      if (id !== null) this.onPick(id)
    })
    this.map.on('mousemove', event => {
      const id = this.idAt(event.point)
      this.map.getCanvas().style.cursor = id === null ? '' : 'pointer'
      onPoint(id)
    })
    this.map.on('mouseout', () => onPoint(null))
  }

  async show(layer: DrawnLayer, values: Record<string, MapValue>): Promise<void> {
    await this.ready
    for (const [id, kinds] of this.kinds) {
      const value = values[id]
      for (const kind of kinds) {
        const state = stateOf(layer, kind, value)
        this.map.setFeatureState({ source: Source, id: keyOf(id, kind) }, state)
      }
    }
    for (const kind of kindsShown) this.map.setLayoutProperty(kind, 'visibility', shown[layer].includes(kind) ? 'visible' : 'none')
    this.map.setFilter('detector', layer === 'traffic' ? ['all', ['==', ['get', 'kind'], 'detector'], ['!', ['get', 'drawn']]] : ['==', ['get', 'kind'], 'detector'])
  }

  zoom(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps)
  }

  fit(city: CityMap): void {
    this.map.fitBounds(boundsOf(city), { padding: PaddingPx })
  }

  close(): void {
    this.map.remove()
  }

  /** What lies under the pointer, points before lines before areas. */
  private idAt(point: maplibregl.Point): string | null {
    const near: [maplibregl.PointLike, maplibregl.PointLike] = [[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]]
    const layers = ['substation', 'detector', 'station', 'transformer', 'road', 'line', 'feeder'].filter(id => this.map.getLayoutProperty(id, 'visibility') !== 'none')
    const hit = this.map.queryRenderedFeatures(near, { layers })[0] ?? this.map.queryRenderedFeatures(point, { layers: ['district'] })[0]
    return hit === undefined ? null : assetOf(hit)
  }
}

function assetOf(feature: MapGeoJSONFeature): string | null {
  const id: unknown = feature.properties['asset']
  return typeof id === 'string' ? id : null
}

/** A detector is drawn twice, as a place and as its road: a key of its own each. */
function keyOf(id: string, kind: string): string {
  return `${kind} ${id}`
}

function withKeys(city: CityMap): unknown {
  const roads = new Set(city.features.filter(feature => feature.properties.kind === 'road').map(feature => feature.id))
  return {
    type: 'FeatureCollection',
    features: city.features.map(feature => ({
      ...feature,
      properties: { ...feature.properties, asset: feature.id, key: keyOf(feature.id ?? '', feature.properties.kind), drawn: roads.has(feature.id) },
    })),
  }
}

function stateOf(layer: DrawnLayer, kind: string, value: MapValue | undefined): { colour: string, width: number, fill: number } {
  const unknown = { colour: UnknownColour, width: 1, fill: 0 }
  if (value === undefined || (kind !== 'district' && !shown[layer].includes(kind))) return unknown
  if (kind === 'district') return { ...unknown, fill: layer === 'load' ? Math.min(0.42, Math.sqrt((value.value ?? 0) / 20_000) * 0.42) : 0 }
  if (layer === 'sensors') return { colour: freshnessBands.find(band => band.state === value.freshness)?.colour ?? UnknownColour, width: kind === 'feeder' ? 2 : 3, fill: 0 }
  if (value.value == null) return unknown
  const band = bandOfValue(bands[layer], value.value)
  return { colour: band.colour, width: band.width, fill: 0 }
}

function layersOf(dark: boolean): LayerSpecification[] {
  const ink = dark ? '#a3b1be' : '#53626f'
  const colour: ExpressionSpecification = ['coalesce', ['feature-state', 'colour'], UnknownColour]
  const width: ExpressionSpecification = ['coalesce', ['feature-state', 'width'], 1]
  const is = (kind: string): ExpressionSpecification => ['==', ['get', 'kind'], kind]
  const outline = dark ? '#18212a' : '#ffffff'
  const place = (kind: string, radius: number | ExpressionSpecification, stroke = 1.2): LayerSpecification => ({
    id: kind, type: 'circle', source: Source, filter: is(kind),
    paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, ['*', 0.6, radius], 13, ['*', 1.4, radius]], 'circle-color': colour, 'circle-stroke-color': outline, 'circle-stroke-width': stroke },
  })
  return [
    { id: 'ground', type: 'background', paint: { 'background-color': dark ? '#131b22' : '#e9eff3' } },
    { id: 'district', type: 'fill', source: Source, filter: is('district'), paint: { 'fill-color': dark ? '#22303b' : '#fbfcfd' } },
    { id: 'district-load', type: 'fill', source: Source, filter: is('district'), paint: { 'fill-color': '#b35806', 'fill-opacity': ['coalesce', ['feature-state', 'fill'], 0] } },
    { id: 'district-line', type: 'line', source: Source, filter: is('district'), paint: { 'line-color': ink, 'line-width': 1, 'line-dasharray': [3, 2], 'line-opacity': 0.7 } },
    { id: 'feeder', type: 'line', source: Source, filter: is('feeder'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour, 'line-width': width } },
    { id: 'line', type: 'line', source: Source, filter: is('line'), layout: { 'line-cap': 'round' }, paint: { 'line-color': colour, 'line-width': width } },
    { id: 'open', type: 'line', source: Source, filter: is('open'), paint: { 'line-color': ink, 'line-width': 1.2, 'line-dasharray': [1, 2] } },
    { id: 'road', type: 'line', source: Source, filter: is('road'), layout: { 'line-cap': 'round' }, paint: { 'line-color': colour, 'line-width': width } },
    place('transformer', ['*', 0.7, width], 0.4), place('detector', 3.5), place('station', 5), place('substation', 6.5),
  ]
}

/** The smallest box around all that is drawn. */
function boundsOf(city: CityMap): maplibregl.LngLatBounds {
  const bounds = new maplibregl.LngLatBounds()
  const extend = (value: unknown): void => {
    if (!Array.isArray(value)) return
    if (typeof value[0] === 'number' && typeof value[1] === 'number') bounds.extend([value[0], value[1]])
    else value.forEach(extend)
  }
  for (const feature of city.features) extend(feature.geometry.coordinates)
  return bounds
}

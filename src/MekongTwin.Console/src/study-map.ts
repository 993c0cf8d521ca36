import { cityMap, studyElements } from './api'
import type { MapFeature, MapValue, StudyFeature } from './api'
import { h, whenInSight } from './dom'
import { violationBands } from './map-bands'
import { legendItem, MapFrame } from './map-frame'
import { empty, failure } from './notice'
import { percent } from './numbers'
import { hrefOf } from './page'
import type { Scene } from './page'
import { t } from './text'

export interface StudyMap {
  element: HTMLElement
  close(): void
}

/** The grid of a study, coloured by how likely each line and transformer is in violation; nodes are in the table beside it alone. Fetched when it comes into sight. */
export function studyMap(scene: Scene, id: string): StudyMap {
  const frame = new MapFrame(scene, 'study-map')
  const element = h('div', { class: 'study-map' }, h('h4', {}, t('answer.map')), frame.element, h('ul', { class: 'map-legend' }, ...violationBands.map(legendItem)))
  const leave = whenInSight(element, () => void draw())

  async function draw(): Promise<void> {
    try {
      const [city, elements] = await Promise.all([cityMap(scene.city.id), studyElements(id)])
      const drawn = elements.filter(isDrawn).sort((a, b) => probabilityOf(a) - probabilityOf(b))
      const byId = new Map(drawn.map(feature => [feature.id, feature]))
      const ground = city.features.filter(({ properties }) => properties.kind === 'district' || properties.kind === 'substation')
      // A study from before its map knew what is in violation.
      if (drawn.length > 0 && drawn.every(feature => feature.properties.violationProbability === undefined)) {
        frame.say(empty(t('map.undrawable')))
        return
      }
      const view = await frame.draw({ ...city, features: [...ground, ...drawn] }, city.notice ?? '', pick, name => wordsOf(byId.get(name)) ?? ground.find(feature => feature.id === name)?.properties.name ?? name)
      const values: Record<string, MapValue> = {}
      for (const feature of drawn) values[feature.id] = { value: probabilityOf(feature) }
      await view?.show('violations', values)
      // Districts may reach far beyond the grid.
      if (drawn.length > 0) view?.fit({ ...city, features: drawn })

      function pick(name: string): void {
        if (byId.get(name)?.properties.kind !== 'line') location.hash = hrefOf(name)
      }
    } catch (error) {
      frame.say(failure(error, () => void draw()))
    }
  }

  return {
    element,
    close() {
      leave()
      frame.close()
    },
  }
}

type Drawn = StudyFeature & MapFeature & { id: string }

/** Feeders are drawn as their lines. What is likelier in violation lies on top. */
function isDrawn(feature: StudyFeature): feature is Drawn {
  return feature.geometry !== null && (feature.properties.kind === 'line' || feature.properties.kind === 'transformer')
}

function probabilityOf(feature: StudyFeature): number {
  return feature.properties.violationProbability ?? 0
}

function wordsOf(feature: StudyFeature | undefined): string | undefined {
  if (feature === undefined) return undefined
  const { loadingP90Percent } = feature.properties
  return [feature.id, loadingP90Percent === undefined ? '' : t('answer.map.loading', { loading: percent(loadingP90Percent / 100) }), t('answer.map.probability', { share: percent(probabilityOf(feature)) })].filter(text => text !== '').join(' · ')
}

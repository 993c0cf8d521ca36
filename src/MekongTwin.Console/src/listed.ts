import type { CitySummary } from './api'
import { t } from './text'

/** Areas on the administrative list that are named only, where the city's folder has them shown; empty where there are none. */
export function listedNote(city: CitySummary, where: 'list' | 'map'): string {
  const areas = (city.listed ?? []).filter(({ shown }) => where === 'list' || shown === 'map')
  return areas.length === 0 ? '' : t('districts.listed', { names: areas.map(({ name }) => name).join(', ') })
}

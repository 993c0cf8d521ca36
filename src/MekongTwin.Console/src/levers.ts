import type { TextKey } from './text'

/** A field of a lever as the form has it. What a person leaves empty is left out of the scenario. */
export type LeverField = { name: string, label: TextKey } & (
  /** Of a percent a person sees a hundred times what the scenario has; one that may be uncertain can be given as low, likely and high. */
  | { is: 'number', min: number, max: number, step: number, value?: number, unit?: string, percent?: true, uncertain?: true }
  | { is: 'choice', choices: readonly { value: string | boolean, label: TextKey }[] }
  /** An id; what is suggested is in the city's map. */
  | { is: 'element', suggests: 'feeder' | 'below' | 'none', optional?: true })

export interface LeverForm {
  kind: string
  label: TextKey
  fields: readonly LeverField[]
}

const share: LeverField = { is: 'number', name: 'share', label: 'field.share', min: 0, max: 100, step: 1, value: 40, unit: '%', percent: true, uncertain: true }
const charging: LeverField = {
  is: 'choice', name: 'charging', label: 'whatIf.charging',
  choices: [{ value: 'evening', label: 'charging.evening' }, { value: 'workplace', label: 'charging.workplace' }, { value: 'managed', label: 'charging.managed' }],
}
const hours = (to: number): LeverField[] => [
  { is: 'number', name: 'fromHour', label: 'field.from', min: 0, max: 24, step: 0.25, value: 18, unit: 'h' },
  { is: 'number', name: 'toHour', label: 'field.to', min: 0, max: to, step: 0.25, value: 20, unit: 'h' },
]
const below: LeverField = { is: 'element', name: 'below', label: 'field.below', suggests: 'below', optional: true }

/** What a planner can change, the commonest first. Names, bounds and units are those of docs/scenarios.md; the server checks again. */
export const leverForms: readonly LeverForm[] = [
  { kind: 'heatWave', label: 'lever.heatWave', fields: [{ is: 'number', name: 'deltaC', label: 'field.warmer', min: -10, max: 10, step: 0.1, value: 4, unit: '°C', uncertain: true }] },
  { kind: 'electricMotorbikes', label: 'lever.electricMotorbikes', fields: [share, charging] },
  { kind: 'electricCars', label: 'lever.electricCars', fields: [share, charging] },
  {
    kind: 'rooftopPv', label: 'lever.rooftopPv', fields: [
      { is: 'number', name: 'mwp', label: 'field.size', min: 0, max: 10_000, step: 0.1, value: 20, unit: 'MWp', uncertain: true },
      { is: 'number', name: 'exports', label: 'field.exports', min: 0, max: 100_000, step: 0.1, unit: 'kW' }],
  },
  {
    kind: 'growth', label: 'lever.growth', fields: [
      { is: 'number', name: 'percent', label: 'field.atOnce', min: -50, max: 200, step: 0.1, value: 10, unit: '%', uncertain: true },
      { is: 'number', name: 'percentPerYear', label: 'field.perYear', min: -20, max: 50, step: 0.1, unit: '%', uncertain: true }, below],
  },
  {
    kind: 'newLoad', label: 'lever.newLoad', fields: [
      { is: 'element', name: 'at', label: 'field.atTransformer', suggests: 'none' },
      { is: 'number', name: 'kw', label: 'field.peak', min: 0, max: 100_000, step: 1, value: 500, unit: 'kW', uncertain: true },
      {
        is: 'choice', name: 'customers', label: 'field.customers',
        choices: [
          { value: 'industrial', label: 'customers.industrial' }, { value: 'commercial', label: 'customers.commercial' }, { value: 'hotel', label: 'customers.hotel' },
          { value: 'household', label: 'customers.household' }, { value: 'pumping', label: 'customers.pumping' }, { value: 'streetLight', label: 'customers.streetLight' }],
      },
      { is: 'number', name: 'kva', label: 'field.ownTransformer', min: 10, max: 100_000, step: 1, unit: 'kVA' }],
  },
  { kind: 'coolingEfficiency', label: 'lever.coolingEfficiency', fields: [{ is: 'number', name: 'ratio', label: 'field.energyRatio', min: 30, max: 150, step: 1, value: 80, unit: '%', percent: true, uncertain: true }] },
  { kind: 'shiftLoad', label: 'lever.shiftLoad', fields: [{ is: 'number', name: 'percent', label: 'field.ofLoad', min: 0, max: 50, step: 0.1, value: 10, unit: '%', uncertain: true }, ...hours(22)] },
  { kind: 'tariffHours', label: 'lever.tariffHours', fields: [{ is: 'number', name: 'percent', label: 'field.ofDear', min: 0, max: 50, step: 0.1, value: 10, unit: '%', uncertain: true }] },
  {
    kind: 'battery', label: 'lever.battery', fields: [
      { is: 'element', name: 'at', label: 'field.atElement', suggests: 'feeder' },
      { is: 'number', name: 'kwh', label: 'field.size', min: 0, max: 1_000_000, step: 1, value: 2000, unit: 'kWh' },
      { is: 'number', name: 'kw', label: 'field.power', min: 0, max: 1_000_000, step: 1, value: 500, unit: 'kW' },
      { is: 'choice', name: 'schedule', label: 'field.schedule', choices: [{ value: 'peakShaving', label: 'schedule.peakShaving' }, { value: 'evening', label: 'schedule.evening' }] }],
  },
  { kind: 'outage', label: 'lever.outage', fields: [{ is: 'element', name: 'element', label: 'field.element', suggests: 'feeder' }, ...hours(24)] },
  {
    kind: 'feederTransfer', label: 'lever.feederTransfer', fields: [
      { is: 'element', name: 'close', label: 'field.close', suggests: 'none' }, { is: 'element', name: 'open', label: 'field.open', suggests: 'none' }],
  },
  {
    kind: 'switchLine', label: 'lever.switchLine', fields: [
      { is: 'element', name: 'line', label: 'field.line', suggests: 'none' },
      { is: 'choice', name: 'closed', label: 'field.stands', choices: [{ value: false, label: 'switch.open' }, { value: true, label: 'switch.closed' }] }],
  },
  {
    kind: 'newFeeder', label: 'lever.newFeeder', fields: [
      { is: 'element', name: 'at', label: 'field.atNode', suggests: 'none' },
      { is: 'number', name: 'lengthKm', label: 'field.length', min: 0.01, max: 50, step: 0.01, value: 2, unit: 'km' }],
  },
  {
    kind: 'reinforce', label: 'lever.reinforce', fields: [
      { is: 'element', name: 'element', label: 'field.element', suggests: 'feeder' }, { is: 'number', name: 'factor', label: 'field.factor', min: 1, max: 10, step: 0.1, value: 2 }],
  },
  {
    kind: 'headVoltage', label: 'lever.headVoltage', fields: [
      { is: 'number', name: 'pu', label: 'field.voltage', min: 0.9, max: 1.1, step: 0.001, value: 1.02, unit: 'pu' }, { is: 'element', name: 'feeder', label: 'field.feeder', suggests: 'feeder', optional: true }],
  },
  { kind: 'transformerTap', label: 'lever.transformerTap', fields: [{ is: 'number', name: 'raisePercent', label: 'field.raise', min: -5, max: 5, step: 0.1, value: 2.5, unit: '%' }, below] },
  {
    kind: 'capacitor', label: 'lever.capacitor', fields: [
      { is: 'element', name: 'at', label: 'field.atNode', suggests: 'none' }, { is: 'number', name: 'kvar', label: 'field.size', min: 0, max: 20_000, step: 1, value: 600, unit: 'kvar' }],
  },
]

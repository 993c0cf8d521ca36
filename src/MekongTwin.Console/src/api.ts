// Every shape the server sends and every call the console makes. Fields a server may leave out are optional here,
// and the sections show a dash for them: an older or younger server must not blank the page.

export interface Figure {
  value?: number | null
  unit?: string
  time?: string
  /** Share of the inputs that reported, 0 to 1. */
  coverage?: number
  /** The asset a maximum or minimum belongs to. */
  asset?: string
}

export type FigureName =
  | 'supply' | 'demand' | 'reactive' | 'energyToday' | 'loadFactorToday' | 'peakToday' | 'populationDensity'
  | 'demandPerPerson' | 'demandPerArea' | 'flow' | 'speed' | 'travelTimeIndex' | 'maxLoading' | 'loading'

export type Figures = Partial<Record<FigureName, Figure>>

export interface CitySummary {
  id: string
  name: string
  zone: string
  utcOffset?: string
  country?: string
  population?: number
  simulated?: boolean
  /** Areas on the administrative list that are neither drawn nor served. */
  listed?: { name: string, shown: 'list' | 'map' }[]
}

export interface Meters {
  reporting: number
  total: number
}

export interface District {
  id: string
  name: string
  population?: number
  areaKm2?: number
  figures?: Figures
  meters?: Meters
}

export interface FreshnessCount {
  kind: string
  fresh?: number
  late?: number
  silent?: number
  never?: number
}

export interface CityState {
  id: string
  name: string
  zone?: string
  utcOffset?: string
  asOf?: string
  simulated?: boolean
  geography?: string
  population?: number
  /** Time of the newest reading; absent when there never was one. */
  lastReading?: string
  mqtt?: MqttDoor
  figures?: Figures
  districts?: District[]
  freshness?: FreshnessCount[]
}

/** What can be drawn of a city (GeoJSON). A feature's id is its asset's. */
export interface CityMap {
  notice?: string
  features: MapFeature[]
}

export interface MapFeature {
  id?: string
  properties: { kind: string, name?: string }
  geometry: { type: string, coordinates: unknown }
}

/** What colours a feature: the figure of its kind, and how fresh it is. */
export interface MapValue {
  value?: number | null
  unit?: string
  freshness?: string
}

/** Where devices send to, on the host that serves this page. */
export interface MqttDoor {
  scheme: string
  port: number
}

export interface LatestValue {
  value?: number | null
  unit?: string
  time?: string
  quality?: string
  freshness?: string
}

/** A figure that nobody measured; `plusMinus` is half the width of the band that holds the truth nine times in ten. */
export interface Estimate {
  value: number
  unit?: string
  plusMinus: number
}

export interface Asset {
  id: string
  kind?: string
  name?: string
  parents?: Record<string, string | null>
  /** Of a district: the division of the city that it is of. */
  geography?: { version: string, from?: string, until?: string } | null
  latest?: Record<string, LatestValue>
  figures?: Figures
  /** By metric, what is estimated because nothing fresh measures it. */
  estimate?: { time: string, values: Record<string, Estimate> }
  /** Its twin failed and is set aside: the values stand still. */
  faulted?: boolean
}

/** A feeder as the grid was completed; what was not solved is absent. */
export interface Feeder {
  id: string
  name?: string
  p?: Estimate
  lossesKw?: number
  lowestVoltage?: Estimate
  lowestVoltageNode?: string
  highestLoading?: Estimate
  highestLoadingLine?: string
  coverage?: number
  /** Positive: its meters come to more than its head. */
  inconsistency?: { kw: number }
  solved?: boolean
}

/** A city's grid, completed from what was measured at an instant. */
export interface Grid {
  time: string
  lossesKw?: number
  meters?: Meters
  inconsistent?: number
  unsolved?: number
  feeders: Feeder[]
}

export interface AssetPage {
  items: Asset[]
  total?: number
}

export interface SeriesPoint {
  t: string
  v?: number | null
  min?: number | null
  max?: number | null
  n?: number
  coverage?: number
  /** Quality of a raw reading. */
  q?: string
}

export interface Series {
  id: string
  metric: string
  unit?: string
  step?: string
  /** What a step's value is: mean, growth, count or reading. */
  means?: string
  points: SeriesPoint[]
}

export type Step = 'raw' | 'PT1M' | 'PT15M' | 'PT1H' | 'P1D'

/** A count, or its split by reason. */
export type Split = number | Record<string, number>

export interface LedgerLine {
  received?: number
  stored?: number
  duplicate?: number
  rejected?: Split
  quarantined?: Split
  pending?: number
  balanced?: boolean
}

export interface LedgerSource extends LedgerLine {
  source: string
  lastSeen?: string
}

export interface Ledger {
  total: LedgerLine
  sources?: LedgerSource[]
  backlogBytes?: number
  commitP99Ms?: number
  lagP99Ms?: number
  broker?: BrokerState
  faults?: string[]
}

/** The subscription to a broker; absent when there is none. */
export interface BrokerState {
  connected: boolean
  dropped?: number
  lastError?: string
}

export interface QuarantineGroup {
  id: number | string
  reason: string
  source?: string
  topic?: string
  name?: string
  count?: number
  first?: string
  last?: string
  sample?: string
  /** The time that the sample claims, where that is what is wrong with it. */
  sampleTime?: string
  mappable?: boolean
}

/** Over a study's futures: P90 is exceeded in 10 % of them. */
export interface Percentiles {
  p10: number
  p50: number
  p90: number
}

export interface Study {
  id: string
  name: string
  city?: string
  state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed'
  /** Share of its futures that is solved, 0 to 1. */
  progress?: number
  /** What is being screened, after all are solved. */
  screening?: Screen
  asked?: string
  by?: string
  fault?: string
}

/** One change that a scenario makes; its fields are those of docs/scenarios.md. */
export type Lever = { kind: string } & Record<string, string | number | boolean | UncertainFigure>

/** A figure that is not exact: drawn in each future between low and high, likely being the likeliest. */
export interface UncertainFigure {
  low: number
  likely: number
  high: number
}

/** What a study may screen beside its violations, in the order of its answer. */
export const screens = ['n1', 'hosting', 'ageing', 'remedies'] as const
export type Screen = typeof screens[number]

export interface Scenario {
  name: string
  city: string
  /** The instant to branch at; left out, now. */
  at?: string
  /** First day as YYYY-MM-DD; left out, today. */
  from?: string
  days: number
  futures: number
  seed: number
  levers: Lever[]
  screen?: Screen[]
}

export interface StudySummary {
  peakMw: Percentiles
  energyMwh: Percentiles
  lossesMwh: Percentiles
  unservedMwh: Percentiles
  co2T?: Percentiles
  /** Lowest voltage, pu. */
  lowestVm: Percentiles
  overloaded: Percentiles
  outOfVoltage: Percentiles
  unsolvedSteps?: number
}

export interface StudyPoint {
  /** The city's wall clock: 2026-11-27T18:00:00. */
  time: string
  baseline: Percentiles
  scenario: Percentiles
}

export interface Violation {
  element: string
  kind: string
  what: string
  /** Shares of futures. */
  probability: number
  baselineProbability: number
  hours: Percentiles
  worst: Percentiles
  firstDay?: string
}

export interface Unserved {
  customers: number
  mwh: number
}

/** The loss of one element. */
export interface Contingency {
  element: string
  kind: string
  after5Minutes: Unserved
  after1Hour: Unserved
  untilRepair: Unserved
  /** Of the energy that switching can reach; absent where that is nothing. */
  restoredPercent?: number
  closed: string[]
  opened: string[]
  /** What stands in the way of restoring more; `worst` in % of rating or pu. */
  limit?: { element: string, what: string, worst: number }
  /** False when there were too many switch states to look at all of them. */
  complete: boolean
  failuresPerYear: number
  repairHours: number
  expectedMwhPerYear: number
  baselineExpectedMwhPerYear?: number
}

export interface N1Summary {
  contingencies: number
  restoredInFull: number
  restoredInPart: number
  limited: number
  expectedMwhPerYear: number
  saidiMinutes: number
  saifi: number
}

/** Whose rules an answer stands on. */
export interface Ruled {
  rules: string
  source: string
}

export interface N1Report extends Ruled {
  day: string
  baseline: N1Summary
  scenario: N1Summary
  contingencies: Contingency[]
}

/** Panels that all stand at one place. */
export interface HostingBound {
  at: string
  kw: number
  limit: string
  element: string
}

export interface FeederHosting {
  feeder: string
  head: HostingBound
  end: HostingBound
  randomKw: Percentiles
  /** Futures that each limit stopped. */
  limits: Record<string, number>
}

export interface HostingReport extends Ruled {
  highestVm: number
  feeders: FeederHosting[]
}

export interface TransformerLife {
  transformer: string
  lostHours: Percentiles
  baselineLostHours: Percentiles
  hottestC: Percentiles
}

export interface AgeingReport extends Ruled {
  insulation: 'plain' | 'upgraded'
  hours: number
  fasterThanNormal: Percentiles
  baselineFasterThanNormal: Percentiles
  transformers: TransformerLife[]
}

export interface Remedy {
  what: string
  element: string
  /** In English: which switch, what size. */
  detail: string
  for: string
  cost: number
}

export interface RemediedSide {
  violations: number
  lossesMwh: Percentiles
  expectedUnservedMwhPerYear: number
}

export interface RemedyReport extends Ruled {
  currency: string
  year: number
  before: RemediedSide
  after: RemediedSide
  capex: number
  savedPerYear: number
  remedies: Remedy[]
  unmended: string[]
}

export interface Screening {
  n1?: N1Report
  hosting?: HostingReport
  ageing?: AgeingReport
  remedies?: RemedyReport
  /** What was asked for and could not be, each beginning with its name and a colon. */
}

export interface StudyReport {
  name: string
  /** The scenario in full; absent from reports of earlier versions. */
  asked?: { levers: Lever[] }
  from: string
  days: number
  futures: number
  seed: number
  base: { asOf?: string, calibration: { days: number, measured: number, anchored?: number, transformers: number, readings: number, measuredWeather: boolean } }
  criteria: { name: string, source: string }
  carbon?: { kgPerKwh: number, year: number, source: string }
  baseline: StudySummary
  scenario: StudySummary
  firstDay: StudyPoint[]
  violationsInAll: number
  violations: Violation[]
  screening?: Screening
}

/** A line or a transformer on the map of a study. */
export interface StudyFeature {
  id: string
  geometry: { type: string, coordinates: unknown } | null
  properties: {
    kind: string
    loadingP90Percent?: number
    /** Share of futures in which it is in violation. */
    violationProbability?: number
    expectedMwhPerYear?: number
    lifeLostP90Hours?: number
  }
}

/** A study's scenario beside those of others. */
export interface ComparedStudy {
  id: string
  name: string
  base: { asOf?: string }
  from: string
  days: number
  futures: number
  seed: number
  scenario: StudySummary
  violationsInAll: number
}

export interface StudyComparison {
  /** What keeps the figures from being compared; absent when nothing does. */
  difference?: string
  studies: ComparedStudy[]
}

/** The files that every study is taken away as; one for each thing that it screened comes with them. */
export const studyExports = ['violations.csv', 'curve.csv', 'days.csv', 'elements.geojson'] as const

/** A topic, or a record's name under it, that somebody gave a point. */
export interface Mapping {
  topic: string
  name: string
  asset: string
  metric: string
}

/** One thing that is wrong with a point, or with all that hangs on one parent. */
export interface Finding {
  kind: string
  from: string
  to: string
  count?: number
  /** Longest gap or delay, a clock's offset, stuck or farthest value, farthest drift. */
  worst?: number
  unit?: string
}

export interface PointQuality {
  asset: string
  name?: string
  kind?: string
  metric: string
  /** Share of its account that readings cover; null where there is nothing to cover. */
  completeness?: number | null
  received?: number
  expected?: number
  /** False where the day could not be gone through. */
  checked?: boolean
  findings?: Finding[]
}

/** The data quality of an asset's day. */
export interface AssetQuality {
  day: string
  points?: PointQuality[]
}

export interface KindQuality {
  kind: string
  sensors?: number
  /** Looked at so far. */
  checked?: number
  /** Of which readings can be expected. */
  heard?: number
  complete?: number
  completeness?: number
  /** Sensors with a finding, by its kind. */
  findings?: Record<string, number>
}

/** The sensors of a kind below one parent. */
export interface GroupQuality extends KindQuality {
  parent: string
  name?: string
  silences?: Finding[]
}

/** The data quality of a city's day. While fewer points are checked than there are, asking again looks on. */
export interface CityQuality {
  day: string
  asOf?: string
  /** Since when it is recorded how readings come in; absent before the first. */
  arrivalsSince?: string
  /** Kinds of findings that this edition does not look for. */
  notAvailable?: string[]
  checked?: number
  points?: number
  kinds?: KindQuality[]
  groups?: GroupQuality[]
  /** Points with the finding asked for, or any; the worst of them are listed. */
  found?: number
  worst?: PointQuality[]
}

/** What the server said went wrong (RFC 9457), or what kept the request from reaching it (status 0). */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(detail === '' ? title : `${title}: ${detail}`)
  }
}

/** The name and password of the person at the page. Memory only: closing the tab signs out. */
let authorization: string | null = null
let signedInName: string | null = null

export const signIns = new EventTarget()

export function signedIn(): string | null {
  return signedInName
}

export async function signIn(name: string, password: string): Promise<void> {
  const credentials = `Basic ${base64(`${name}:${password}`)}`
  await send('/cities', { headers: { Authorization: credentials } })
  authorization = credentials
  signedInName = name
  signIns.dispatchEvent(new Event('changed'))
}

export function signOut(): void {
  authorization = null
  signedInName = null
  signIns.dispatchEvent(new Event('changed'))
}

export async function cities(): Promise<CitySummary[]> {
  return list<CitySummary>(await get('/cities'))
}

export async function city(id: string, signal?: AbortSignal): Promise<CityState> {
  return await get(`/cities/${encodeURIComponent(id)}`, signal) as CityState
}

export async function cityMap(id: string): Promise<CityMap> {
  return await get(`/cities/${encodeURIComponent(id)}/map`) as CityMap
}

/** Null where the city's folder describes no network, or it is not completed yet. */
export async function cityGrid(id: string): Promise<Grid | null> {
  const answer = await getIfFound(`/cities/${encodeURIComponent(id)}/grid`) as Grid | null
  return answer === null ? null : { ...answer, feeders: list<Feeder>(answer.feeders) }
}

export async function mapValues(id: string): Promise<Record<string, MapValue>> {
  return (await get(`/cities/${encodeURIComponent(id)}/map/values`) as { values?: Record<string, MapValue> }).values ?? {}
}

export async function ledger(signal?: AbortSignal): Promise<Ledger> {
  return await get('/ledger', signal) as Ledger
}

/** Studies, newest first. */
export async function studies(): Promise<Study[]> {
  return list<Study>(await get('/studies'))
}

export async function askStudy(scenario: Scenario): Promise<Study> {
  const response = await send('/studies', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(scenario) })
  return await response.json() as Study
}

export async function studyReport(id: string): Promise<StudyReport> {
  return await get(`/studies/${encodeURIComponent(id)}/report`) as StudyReport
}

/** Refused when the studies stand on different bases or days, unless any will do. */
export async function compareStudies(ids: string[], bases: 'same' | 'any'): Promise<StudyComparison> {
  return await get(`/studies/compare?${new URLSearchParams({ ids: ids.join(','), bases })}`) as StudyComparison
}

export async function studyExport(id: string, file: string): Promise<Blob> {
  return await (await send(`/studies/${encodeURIComponent(id)}/export/${file}`, {})).blob()
}

export async function studyElements(id: string): Promise<StudyFeature[]> {
  return (await get(`/studies/${encodeURIComponent(id)}/export/elements.geojson`) as { features: StudyFeature[] }).features
}

/** Stops a study, or removes one that has ended. */
export async function removeStudy(id: string): Promise<void> {
  await send(`/studies/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export async function transformers(cityId: string, districtId: string, limit: number): Promise<AssetPage> {
  const query = new URLSearchParams({ city: cityId, kind: 'transformer', parent: districtId, limit: String(limit) })
  const page = await get(`/assets?${query}`)
  return { items: list<Asset>(page), ...total(page) }
}

export async function asset(id: string): Promise<Asset> {
  return await get(`/assets/${encodeURIComponent(id)}`) as Asset
}

/** One value a quarter of an hour of the last day; null where nothing was estimated. */
export async function estimates(id: string, metric: string): Promise<Series | null> {
  const answer = await getIfFound(`/assets/${encodeURIComponent(id)}/estimates?${new URLSearchParams({ metric })}`) as Series | null
  return answer === null ? null : { ...answer, points: list<SeriesPoint>(answer.points) }
}

export async function series(id: string, metric: string, from: number, to: number, step: Step): Promise<Series> {
  const query = new URLSearchParams({
    metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step,
  })
  const answer = await get(`/assets/${encodeURIComponent(id)}/series?${query}`) as Series
  return { ...answer, points: list<SeriesPoint>(answer.points) }
}

export async function quarantine(): Promise<QuarantineGroup[]> {
  return list<QuarantineGroup>(await get('/quarantine'))
}

/** Of a day as YYYY-MM-DD; points and groups with one kind of finding, or any. */
export async function cityQuality(id: string, day: string, finding: string | null, limit: number): Promise<CityQuality> {
  const query = new URLSearchParams({ day, limit: String(limit), ...finding === null ? {} : { finding } })
  return await get(`/cities/${encodeURIComponent(id)}/quality?${query}`) as CityQuality
}

/** Of today. */
export async function assetQuality(id: string): Promise<AssetQuality> {
  return await get(`/assets/${encodeURIComponent(id)}/quality`) as AssetQuality
}

export async function mapToPoint(id: number | string, assetId: string, metric: string): Promise<void> {
  await send(`/quarantine/${encodeURIComponent(id)}/map`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ asset: assetId, metric }),
  })
}

export async function discard(id: number | string): Promise<void> {
  await send(`/quarantine/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export async function mappings(): Promise<Mapping[]> {
  return list<Mapping>(await get('/mappings'))
}

export async function removeMapping({ topic, name }: Mapping): Promise<void> {
  await send(`/mappings?${new URLSearchParams({ topic, name })}`, { method: 'DELETE' })
}

/** Opens the live feed. The caller owns its end: the stream has no time limit of its own. */
export async function openLive(cityId: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await request(`/live?${new URLSearchParams({ city: cityId })}`, {
    headers: { Accept: 'text/event-stream' }, signal,
  })
  const type = response.headers.get('content-type') ?? ''
  if (response.body === null || !type.startsWith('text/event-stream')) {
    await response.body?.cancel()
    throw new Problem(response.status, 'Not an event stream', type)
  }
  return response.body
}

const RequestTimeoutMs = 15_000

async function getIfFound(path: string): Promise<unknown> {
  try {
    return await get(path)
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}

async function get(path: string, signal?: AbortSignal): Promise<unknown> {
  const response = await send(path, signal === undefined ? {} : { signal })
  return await response.json()
}

function send(path: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(RequestTimeoutMs)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  return request(path, { ...init, signal })
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  if (authorization !== null && !headers.has('Authorization')) headers.set('Authorization', authorization)
  let response: Response
  try {
    // With credentials omitted the browser leaves a 401 to this page instead of opening its own password box.
    response = await fetch(`/api/v1${path}`, { ...init, headers, credentials: 'omit', cache: 'no-store' })
  } catch (error) {
    if (init.signal?.aborted && init.signal.reason?.name !== 'TimeoutError') throw error
    throw new Problem(0, '', '')
  }
  if (response.ok) return response
  if (response.status === 401) signIns.dispatchEvent(new Event('needed'))
  throw await problemOf(response)
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = `${response.status} ${response.statusText}`.trim()
  try {
    const body = await response.json() as { title?: string, detail?: string }
    return new Problem(response.status, body.title ?? fallback, body.detail ?? '')
  } catch {
    return new Problem(response.status, fallback, '')
  }
}

/** Lists come bare or under "items". */
function list<T>(body: unknown): T[] {
  if (Array.isArray(body)) return body as T[]
  const items = (body as { items?: unknown } | null)?.items
  return Array.isArray(items) ? items as T[] : []
}

function total(page: unknown): { total?: number } {
  const count = (page as { total?: unknown } | null)?.total
  return typeof count === 'number' ? { total: count } : {}
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

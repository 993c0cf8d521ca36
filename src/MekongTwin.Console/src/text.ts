import type en from './locales/en.json'
import type studiesEn from './locales/studies-en.json'

type PageKey = keyof typeof en
type StudiesKey = keyof typeof studiesEn
export type TextKey = PageKey | StudiesKey

/** Each language under its own name, so that a person finds theirs without reading another. */
export const languages = {
  en: 'English',
  ja: '日本語',
  vi: 'Tiếng Việt',
  th: 'ไทย',
  km: 'ភាសាខ្មែរ',
  lo: 'ລາວ',
  my: 'မြန်မာ',
} as const

export type Language = keyof typeof languages

const loaders: Record<Language, () => Promise<{ default: Record<PageKey, string> }>> = {
  en: () => import('./locales/en.json'),
  ja: () => import('./locales/ja.json'),
  vi: () => import('./locales/vi.json'),
  th: () => import('./locales/th.json'),
  km: () => import('./locales/km.json'),
  lo: () => import('./locales/lo.json'),
  my: () => import('./locales/my.json'),
}

const studiesLoaders: Record<Language, () => Promise<{ default: Record<StudiesKey, string> }>> = {
  en: () => import('./locales/studies-en.json'),
  ja: () => import('./locales/studies-ja.json'),
  vi: () => import('./locales/studies-vi.json'),
  th: () => import('./locales/studies-th.json'),
  km: () => import('./locales/studies-km.json'),
  lo: () => import('./locales/studies-lo.json'),
  my: () => import('./locales/studies-my.json'),
}

const StorageKey = 'mekongtwin.language'

/** The texts of studies are not in it until they are asked for. */
let dictionary: Partial<Record<TextKey, string>> = {}
let current: Language = 'en'

export function language(): Language {
  return current
}

/** The remembered choice, else the first of the browser's languages that has a dictionary, else English. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(StorageKey), ...navigator.languages.map(tag => tag.split('-')[0])]
  return (wanted.find(tag => tag != null && tag in languages) ?? 'en') as Language
}

export async function useLanguage(next: Language): Promise<void> {
  dictionary = (await loaders[next]()).default
  current = next
  document.documentElement.lang = next
}

/** Brings in what only studies say, for as long as the language stays. */
export async function useStudiesTexts(): Promise<void> {
  const wanted = current
  const texts = (await studiesLoaders[wanted]()).default
  if (wanted === current) dictionary = { ...dictionary, ...texts }
}

export function rememberLanguage(next: Language): void {
  localStorage.setItem(StorageKey, next)
}

export function t(key: TextKey, values: Record<string, string> = {}): string {
  return (dictionary[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** The text of a code the server sends, such as a reason or an asset kind; the code itself when it has none. */
export function textOfCode(group: 'kind' | 'metric' | 'reason' | 'quality' | 'freshness' | 'geography' | 'parent' | 'finding' | 'advice', code: string): string {
  const key = `${group}.${code}`
  return dictionary[key as TextKey] ?? code
}

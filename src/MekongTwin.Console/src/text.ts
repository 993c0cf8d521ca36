import type en from './locales/en.json'

export type TextKey = keyof typeof en
type Dictionary = Record<TextKey, string>

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

const loaders: Record<Language, () => Promise<{ default: Dictionary }>> = {
  en: () => import('./locales/en.json'),
  ja: () => import('./locales/ja.json'),
  vi: () => import('./locales/vi.json'),
  th: () => import('./locales/th.json'),
  km: () => import('./locales/km.json'),
  lo: () => import('./locales/lo.json'),
  my: () => import('./locales/my.json'),
}

const StorageKey = 'mekongtwin.language'

let dictionary: Dictionary
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

export function rememberLanguage(next: Language): void {
  localStorage.setItem(StorageKey, next)
}

export function t(key: TextKey, values: Record<string, string> = {}): string {
  return dictionary[key].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** The text of a code the server sends, such as a reason or an asset kind; the code itself when it has none. */
export function textOfCode(group: 'kind' | 'metric' | 'reason' | 'quality' | 'freshness' | 'geography' | 'parent' | 'finding' | 'advice', code: string): string {
  const key = `${group}.${code}`
  return key in dictionary ? dictionary[key as TextKey] : code
}

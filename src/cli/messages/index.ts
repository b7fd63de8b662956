import { en } from './en.ts'
import { zhCN } from './zh-CN.ts'

/** The catalogue's shape is the English one's: another language has exactly its keys, or does not compile. */
export type Messages = typeof en
export const LANGUAGES = ['en', 'zh-CN'] as const
export type Language = (typeof LANGUAGES)[number]

const CATALOGUES: Readonly<Record<Language, Messages>> = { en, 'zh-CN': zhCN }
export const messagesFor = (language: Language): Messages => CATALOGUES[language]

/** What a locale or tag asks for: 'zh_CN.UTF-8', 'zh', 'en-GB'; null for what we have no words in. */
export function languageOf(tag: string): Language | null {
  const language = tag.toLowerCase().split(/[_.@-]/)[0]
  return language === 'zh' ? 'zh-CN' : language === 'en' ? 'en' : null
}

/** From MQOPS_LANG, then the locale as POSIX orders it; English when none of them says anything we speak. */
export function languageFrom(env: Readonly<Record<string, string | undefined>>): Language {
  const tag = [env.MQOPS_LANG, env.LC_ALL, env.LC_MESSAGES, env.LANG].find(
    (value) => value !== undefined && value !== '',
  )
  return (tag === undefined ? null : languageOf(tag)) ?? 'en'
}

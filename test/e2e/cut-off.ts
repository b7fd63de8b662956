import https from 'node:https'

export type Management = { managementUrl: string; username: string; password: string; ca: string }
type Answer = { status: number; body: string }

/** One request as a plain client makes it; `cutAfterMs`: the connection is dropped so long after it was sent. */
export function manage(
  to: Management,
  method: string,
  path: string,
  body?: object,
  cutAfterMs?: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(new URL(path, to.managementUrl), {
      method,
      ca: to.ca,
      auth: `${to.username}:${to.password}`,
      headers: { 'content-type': 'application/json' },
      agent: false,
    })
    request.on('error', (error) => (cutAfterMs === undefined ? reject(error) : resolve({ status: 0, body: '' })))
    request.on('response', (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('error', () => resolve({ status: 0, body: text }))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    request.on('finish', () => {
      if (cutAfterMs !== undefined) setTimeout(() => request.destroy(), cutAfterMs)
    })
    request.end(body && JSON.stringify(body))
  })
}

const WITHOUT_LEADERS = '/api/health/checks/quorum-queues-without-elected-leaders/all-vhosts/pattern/.*'
export const withoutLeaders = async (to: Management): Promise<readonly string[]> => {
  const { body } = await manage(to, 'GET', WITHOUT_LEADERS)
  return ((JSON.parse(body) as { queues?: { name: string }[] }).queues ?? []).map(({ name }) => name).toSorted()
}

const queuePath = (...parts: readonly string[]): string => `/api/queues/${parts.map(encodeURIComponent).join('/')}`

type Replica = { 'Raft State': string; Term: number }
const isStillborn = async (to: Management, vhost: string, name: string): Promise<boolean> => {
  const { status, body } = await manage(to, 'GET', `${queuePath('quorum', vhost, name)}/status`)
  const replicas = status === 200 ? (JSON.parse(body) as Replica[] | object) : {} // else it was never known
  return Array.isArray(replicas) && replicas.every((one) => one['Raft State'] === 'follower' && one.Term === 0)
}

/**
 * Declares quorum queues by the management interface and drops the connection in the middle, a moment later each time,
 * until one of them is known but has never elected a leader: its name, which the broker can't write into its own list of
 * such queues (beyond Latin-1). The others are deleted.
 */
export async function stillbornQueue(to: Management, vhost: string): Promise<string> {
  const declared: string[] = []
  for (let attempt = 0; attempt < 400; attempt++) {
    const name = `cut✓${attempt}`
    declared.push(name)
    const body = { durable: true, arguments: { 'x-queue-type': 'quorum' } }
    await manage(to, 'PUT', queuePath(vhost, name), body, 2 + (attempt % 60))
    const before = declared[attempt - 20] // what is so old is under way no more
    if (before === undefined || !(await isStillborn(to, vhost, before))) continue
    const others = declared.filter((one) => one !== before)
    await Promise.all(others.map((one) => manage(to, 'DELETE', queuePath(vhost, one))))
    return before
  }
  throw new Error(`none of ${declared.length} declarations was cut off in the middle`)
}

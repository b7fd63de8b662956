import { join } from 'node:path'
import { sh } from './scratch.ts'

/**
 * A python3 whose pip behaves as told: `url` is where it says the wheel is, `copy` the file that it "downloads" itself.
 * What it was called with is in <folder>/pip.log.
 */
export const fakePip = (folder: string, o: { url?: string; copy?: string; fails?: string }): Promise<string> =>
  sh(
    join(folder, 'python3'),
    `PATH=/usr/bin:/bin
echo "$@" >> ${folder}/pip.log
${o.fails === undefined ? '' : `echo '${o.fails}' >&2; exit 1`}
for a in "$@"; do case $last in --report) report=$a ;; --dest) dest=$a ;; esac; last=$a; done
case $3 in
install) echo '{"install":[{"download_info":{"url":"${o.url ?? ''}"}}]}' > "$report" ;;
download) [ -n "${o.copy ?? ''}" ] || exit 1; mkdir -p "$dest"; cp "${o.copy ?? ''}" "$dest/x.whl" ;;
esac`,
  )

// What the bundles need not carry: rules that no page uses, and bytes that a browser can unpack itself.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { PurgeCSS } from 'purgecss';

// Whatever may name a class: templates, and scripts of ours and of others. hatch_build.py builds anew when these change.
const SOURCES = ['../templates/**/*.html', '../*/templates/**/*.html', '../static/*.js', 'src/**/*.js'];
// Put together from parts where they are used, so that no source has them whole.
const KEPT = { standard: [/^alert/], greedy: [/^\.?(fjs|djs|bjs)-/] };
const STATIC = '../static';
const LEAST = 1024;

export async function prune(folder) {
  const content = [...SOURCES, `${folder}/*.js`, `${folder}/chunk/*.js`];
  const css = readdirSync(folder).filter(name => name.endsWith('.css')).map(name => join(folder, name));
  const defaultExtractor = text => text.match(/[A-Za-z0-9_:/-]+/g) ?? [];
  // One sheet uses the variables of another, and those that are not built here do too.
  const own = readdirSync(STATIC).filter(name => name.endsWith('.css')).map(name => join(STATIC, name));
  const used = [...css.filter(name => !name.endsWith('site.css')), ...own, 'src/look.css']
    .flatMap(name => readFileSync(name, 'utf8').match(/var\(--[\w-]+/g) ?? []);
  const safelist = { ...KEPT, variables: [...new Set(used)].map(each => each.slice('var('.length)) };
  const pruned = await new PurgeCSS().purge({
    content, css, defaultExtractor, safelist, keyframes: true, variables: true,
  });
  pruned.forEach(each => writeFileSync(each.file, each.css));
}

// Beside each file the same once more as `.br` and `.gz`; a program that serves them picks what the browser takes.
export function compress(folder) {
  const names = readdirSync(folder, { recursive: true }).filter(name => /\.(js|css|txt)$/.test(name));
  for (const file of names.map(name => join(folder, name))) {
    const body = readFileSync(file);
    if (body.length < LEAST) continue;
    writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

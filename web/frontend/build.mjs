// Bundles what the browser and the FEEL engine run, and collects the licence texts of all that went in.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import formWords from './form-words.mjs';
import { compress, prune } from './leaner.mjs';

const PAGES = '../static/dist';
const FEEL = '../../engine/dist/feel.js';
const LICENCES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'license.md', 'License', 'LICENCE.md'];
// A package that says MIT but brings no text: its copyright stands in its own files, the permission in every other MIT text.
const COPYRIGHTS = { '@tabler/core': 'dist/css/tabler.css' };

const common = { bundle: true, minify: true, metafile: true, legalComments: 'none', logLevel: 'warning' };

const pages = () => build({
  ...common,
  entryPoints: ['site', 'viewer', 'form'].map(name => `src/${name}.js`),
  outdir: PAGES,
  format: 'esm',
  splitting: true,
  target: 'chrome109',
  entryNames: '[name]',
  chunkNames: 'chunk/[name]-[hash]',
  assetNames: 'asset/[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [formWords(resolve('src'))],
  // Of each font only what a browser of today loads; never inline, the content policy refuses that.
  loader: { '.svg': 'empty', '.ttf': 'empty', '.eot': 'empty', '.woff': 'file', '.woff2': 'file' },
});

const expressions = () => build({
  ...common, entryPoints: ['src/expressions.js'], outfile: `${PAGES}/expressions.js`, format: 'esm', target: 'chrome109',
});

const feel = () => build({ ...common, entryPoints: ['src/feel.js'], outfile: FEEL, format: 'iife', target: 'es2022' });

const packageOf = file => file.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1];

function licence(folder, name) {
  const file = LICENCES.map(each => join(folder, each)).find(existsSync);
  if (file) return readFileSync(file, 'utf8');
  const copyright = readFileSync(join(folder, COPYRIGHTS[name]), 'utf8').match(/Copyright .*/g).slice(0, 2).join('\n');
  const permission = readFileSync('node_modules/preact/LICENSE', 'utf8').match(/Permission is hereby granted[^]*/)[0];
  return `${copyright}\n\n${permission}`;
}

function notices(results) {
  const inputs = results.flatMap(result => Object.values(result.metafile.outputs).flatMap(out => Object.keys(out.inputs)));
  const folders = [...new Set(inputs.map(packageOf).filter(Boolean))].sort();
  return folders.map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version} (${license ?? 'licence below'})\n\n${licence(folder, name).trim()}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

rmSync(PAGES, { recursive: true, force: true });
const results = [await pages(), await expressions(), await feel()];
writeFileSync(join(PAGES, 'THIRD_PARTY_NOTICES.txt'), notices(results));
await prune(PAGES);
compress(PAGES);

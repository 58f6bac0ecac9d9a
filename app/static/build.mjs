// Builds every asset of the pages: bundles, removes unused rules, hashes names, packs, lists licences.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { PurgeCSS } from 'purgecss';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const target = join(here, 'build');
const fresh = join(here, `build.${process.pid}`);

const bundled = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ['src/app.js', 'src/theme.js', 'src/viewer.js', 'src/app.css', 'src/viewer.css'],
  outdir: fresh,
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  legalComments: 'none',
  metafile: true,
  assetNames: '[name].[hash]',
  publicPath: '/assets',
  loader: { '.woff2': 'file', '.svg': 'file' },
  logLevel: 'warning',
});

const texts = sources();
const files = new Map();
const manifest = {};
for (const { path, contents } of bundled.outputFiles) {
  const name = basename(path);
  if (name.endsWith(".woff2")) { manifest[name] = name; keep(name, Buffer.from(contents)); }
  else add(name, name === 'app.css' ? await purge(Buffer.from(contents).toString()) : Buffer.from(contents));
}
add('mark.svg', readFileSync(join(here, 'src', 'mark.svg')));
write();

function add(name, contents) {
  const body = Buffer.from(contents);
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const hashed = `${basename(name, extname(name))}.${digest}${extname(name)}`;
  manifest[name] = hashed;
  keep(hashed, body);
}

function keep(name, body) {
  files.set(name, body);
}

function sources() {
  const found = [];
  const walk = (folder) => readdirSync(folder, { withFileTypes: true }).forEach((entry) => {
    if (entry.name === 'static' || entry.name === '__pycache__') return;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (/\.(html|py|svg)$/.test(entry.name)) found.push(readFileSync(path, 'utf8'));
  });
  walk(join(root, 'app'));
  walk(join(root, 'forms'));
  readdirSync(join(here, 'src')).filter((name) => name.endsWith('.js'))
    .forEach((name) => found.push(readFileSync(join(here, 'src', name), 'utf8')));
  return found;
}

async function purge(css) {
  const [{ css: used }] = await new PurgeCSS().purge({
    content: texts.map((raw) => ({ raw, extension: 'html' })),
    css: [{ raw: css }],
    keyframes: true,
    safelist: {
      standard: [/^tone/, /^alert-/, /^is-/, /^htmx-/, /^btn-(outline-)?(primary|danger|success|warning)$/, 'btn-sm'],
      deep: [/^data-bs-theme/],
    },
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) || [],
  });
  return used;
}

function icons() {
  const folder = join(here, 'node_modules', '@tabler', 'icons', 'icons', 'outline');
  const known = new Set(readdirSync(folder).map((name) => basename(name, '.svg')));
  const asked = new Set(texts.flatMap((text) => [...text.matchAll(/['"]([a-z][a-z0-9-]{1,40})['"]/g)].map((hit) => hit[1])));
  return Object.fromEntries([...asked].filter((name) => known.has(name)).sort().map((name) => {
    const svg = readFileSync(join(folder, `${name}.svg`), 'utf8');
    const inner = svg.slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'));
    const lines = inner.replace(/<path stroke="none"[^>]*\/>/, '').replace(/\s*\n\s*/g, '').trim();
    return [name, lines.replace(/" \/><path d="M/g, ' M')]; // one path each: a third of a page was paths
  }));
}

function licences() {
  const used = new Set(Object.keys(bundled.metafile.inputs).map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]));
  used.add('@tabler/icons');
  return [...used].filter(Boolean).sort().map((name) => {
    const folder = join(here, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    const words = text ? readFileSync(join(folder, text), 'utf8').trim() : about.license;
    return `${name} ${about.version}\n\n${words}\n`;
  }).join('\n----\n\n');
}

function write() {
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const [name, body] of files) {
    writeFileSync(join(fresh, name), body);
    if (!name.endsWith('.woff2')) writeFileSync(join(fresh, `${name}.gz`), gzipSync(body, { level: 9 }));
  }
  writeFileSync(join(fresh, 'icons.json'), JSON.stringify(icons()));
  writeFileSync(join(fresh, 'licences.txt'), licences());
  writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(manifest, null, 1));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

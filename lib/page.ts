import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { PageFile } from '../io/aws/contract.ts';

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

const fileOf = (name: string, bytes: Uint8Array): PageFile => ({
  name,
  type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
  tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`,
  gzipped: gzipSync(bytes, { level: 9 }).toString('base64'),
});

/** Everything that a browser needs, from this folder's main.tsx: each file but the document named by its bytes. */
export const pageOf = (folder: string): PageFile[] => {
  const { buildSync, formatMessagesSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const { outputFiles, warnings } = buildSync({
    entryPoints: [join(folder, 'main.tsx')],
    outdir: folder,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(formatMessagesSync(warnings, { kind: 'warning' }).join(''));
  const files = outputFiles.map(({ path, contents }) => fileOf(basename(path), contents));
  const named = (pattern: RegExp): string => files.find(({ name }) => pattern.test(name))?.name ?? '';
  const document = documentOf(named(/^main-.*\.js$/), named(/^main-.*\.css$/));
  return [fileOf('index.html', new TextEncoder().encode(document)), ...files];
};

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%230b6e6e'/%3E%3Cpath d='M2 5h12M2 8h7M2 11h4' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";

const documentOf = (script: string, style: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sluice</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/page/${style}">
<script type="module" src="/page/${script}"></script>
</head>
<body>
<div id="root"></div>
<noscript>This page is a program: it needs JavaScript. The same is told by <code>npx sluice status</code>.</noscript>
</body>
</html>
`;

// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: dark; }
html, body { height: 100%; margin: 0; background: #0b0c0e; color: #9aa0a8; }
body { display: flex; flex-direction: column; font: 12px/1.5 ui-sans-serif, system-ui, sans-serif; }
#stage { flex: 1; min-height: 0; display: grid; place-items: center; overflow: hidden; }
canvas { display: block; background: #000; }
body:not([data-state='playing'], [data-state='ended']) canvas { opacity: 0.35; }
footer { display: flex; gap: 1.5em; padding: 0.5em 1em; font-variant-numeric: tabular-nums; white-space: nowrap; }
#title { color: #e6e8eb; overflow: hidden; text-overflow: ellipsis; }
#state { margin-left: auto; }
#state::before { content: '●'; margin-right: 0.5em; color: #c98b2b; }
body[data-state='playing'] #state::before { color: #3fa66b; }
body[data-state='ended'] #state::before { color: #6b7078; }
body[data-state='failed'] #state::before { color: #c5473f; }
`;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The page. It loads `page.js` beside it. */
export function pageHtml(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<script type="module" src="page.js"></script>
</head>
<body data-state="connecting">
<div id="stage"><canvas id="picture" width="640" height="360"></canvas></div>
<footer>
<span id="title">${escaped(title)}</span><span id="frame"></span><span id="time"></span><span id="rate"></span>
<span id="dropped"></span><span id="size"></span><span id="state">connecting</span>
</footer>
</body>
</html>
`;
}

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but the page's own style, scripts and socket. It may be framed by anybody. */
export const PAGE_POLICY = `default-src 'none'; script-src 'self'; style-src 'sha256-${styleHash}'; connect-src 'self'; img-src data:`;

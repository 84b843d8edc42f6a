// Reads {modules: {name: source}, scripts: {name: [joined, served]}} and says what webapp/scripts.py may not do with them.
// Run by tests/test_scripts.py, with node's own copy of acorn.
const acorn = require('internal/deps/acorn/acorn/dist/acorn');
const { modules, scripts } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const parse = source => acorn.parse(source, { ecmaVersion: 'latest', sourceType: 'module' }).body;
const wrong = [];

// minified, a script is the same program: it has the same tree
const tree = source => JSON.stringify(parse(source), (key, value) => (/^(start|end|raw)$/.test(key) ? undefined : value));
for (const [name, [joined, served]] of Object.entries(scripts)) if (tree(joined) !== tree(served)) wrong.push(`${name}: minified it is another program`);

// names(node): those used; names(node, true): those declared, in whatever scope
function names(node, declared, found = new Set(), pattern = !declared) {
  if (node?.type === 'Identifier' && pattern) found.add(node.name);
  for (const [key, child] of Object.entries(node ?? {})) {
    if (!child || typeof child !== 'object' || (!node.computed && (key === 'property' || (key === 'key' && !node.shorthand)))) continue;
    const here = !declared || key === 'id' || key === 'params' || key === 'param' || (pattern && /^(properties|elements|value|argument|left)$/.test(key)) || (pattern && Array.isArray(node));
    for (const one of [child].flat()) names(one, declared, found, here);
  }
  return found;
}

const read = Object.entries(modules).map(([name, source]) => {
  const body = parse(source), imports = body.filter(x => x.type === 'ImportDeclaration');
  for (const x of body.filter(x => /^(Im|Ex)port/.test(x.type))) {
    const text = source.slice(Math.max(0, x.start - 1), x.end);
    if (!/^\n?(import \{[^}]+\} from '\.\/[\w-]+\.js';|export (const|let|function|class|async function) [^]*)$/.test(text) || / as .* from /.test(text)) wrong.push(`${name}: ${text}`);
  }
  const top = new Set(body.map(x => x.declaration ?? x).flatMap(x => (x.id ? [x.id.name] : [...names((x.declarations ?? []).map(d => ({ id: d.id })), true)])));
  const known = new Set([...imports.flatMap(x => x.specifiers.map(s => s.local.name)), ...names(body, true)]);
  return { name, known, top, used: names(body.filter(x => !imports.includes(x))) };
});

// joined, what stands at the top of one module is in sight of all: no other module may mean something of the browser's by it
for (const a of read) for (const b of read) for (const word of b.top) {
  if (a.used.has(word) && !a.known.has(word)) wrong.push(`${a.name}: ${word} would be that of ${b.name}`);
}
console.log(wrong.join('\n'));

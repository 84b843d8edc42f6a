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
  const body = parse(source), imports = body.filter(x => x.type === 'ImportDeclaration'), exports = body.filter(x => x.type.startsWith('Export'));
  for (const x of imports) if (!/^import \{[^}]+\} from '\.\/[\w-]+\.js';$/.test(source.slice(x.start, x.end)) || / as /.test(source.slice(x.start, x.end))) wrong.push(`${name}: an import of another form`);
  for (const x of exports) if (!/^\n?export (const|function|class|async function) /.test(source.slice(Math.max(0, x.start - 1), x.end))) wrong.push(`${name}: an export of another form`);
  const known = new Set([...imports.flatMap(x => x.specifiers.map(s => s.local.name)), ...names(body, true)]);
  const exported = exports.flatMap(x => x.declaration?.declarations?.map(d => d.id.name) ?? x.declaration?.id?.name ?? []);
  return { name, known, exported, used: names(body.filter(x => !imports.includes(x))) };
});

// joined, all that a module gives away is in sight of all later ones: it must not take the place of something of the browser's
for (const a of read) for (const b of read) for (const word of b.exported) {
  if (a.used.has(word) && !a.known.has(word)) wrong.push(`${a.name}: ${word} would be that of ${b.name}`);
}
console.log(wrong.join('\n'));

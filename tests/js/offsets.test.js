// What Python slices is what the page slices. slices.json holds Python's own slices, cuts inside graphemes and trimmed spans.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Text, cpLen } from '../../static/js/offsets.js';

const cases = JSON.parse(readFileSync(new URL('slices.json', import.meta.url), 'utf8'));
const words = (text, part, walls) => {
  const from = Array.from(text.slice(0, text.indexOf(part))).length;
  const doc = new Text(text, walls), found = doc.snap(from, from + Array.from(part).length);
  return found && doc.slice(...found);
};

for (const [name, { text, slices, cuts, trimmed }] of Object.entries(cases)) {
  const doc = new Text(text);
  test(`${name}: length and slices are Python's`, () => {
    assert.equal(cpLen(text), doc.cps.length);
    for (const [s, e, slice] of slices) assert.equal(doc.slice(s, e), slice);
  });
  test(`${name}: trimming takes the same spaces as Python`, () => {
    for (const [s, e, a, b] of trimmed) if (a < b) assert.deepEqual(doc.trim(s, e), [a, b]);
  });
  test(`${name}: no widened span begins or ends where Python sees a grapheme cut`, () => {
    for (const [s, e] of slices) if (s < e) for (const end of doc.whole(s, e)) assert.ok(!cuts.includes(end), `${end} in ${text}`);
  });
  test(`${name}: a widened span holds the marked one`, () => {
    for (const [s, e] of slices) if (s < e) { const [a, b] = doc.whole(s, e); assert.ok(a <= s && e <= b); }
  });
}

test('a drag snaps to whole words, without spaces at the ends', () => {
  assert.equal(words('The film tells the story of a girl.', 'lm tells the sto'), 'film tells the story');
  assert.equal(words('It isn’t a multi-billion-dollar deal.', 'sn’t a multi-bil'), 'isn’t a multi-billion-dollar');
  assert.equal(words('one  two', '  '), null);
});

test('scripts without spaces between words snap to characters', () => {
  assert.equal(words('他说版权很重要。', '版权'), '版权');
  assert.equal(words('เขากล่าวว่า', 'กล่าว'), 'กล่าว');
});

test('a pair of quote marks around is left out, one whose partner is outside too', () => {
  assert.equal(words('He said “we agree,” and left.', '“we agree,”'), 'we agree,');
  assert.equal(words('He said “we agree,” and left.', 'said “we'), 'said “we');
  assert.equal(words('“We agree,” he said.', '“We agree'), 'We agree');
  assert.equal(words('“We agree,” he said.', 'agree,”'), 'agree,');
  assert.equal(words('It was "so" and "so" again', '"so" and "so"'), '"so" and "so"');
  assert.equal(words('“He said ‘yes’ twice.”', '“He said ‘yes’ twice.”'), 'He said ‘yes’ twice.');
  assert.equal(words('the creators’ rights', 'creators’'), 'creators’');
});

test('marks that stand inside on both sides stay', () => {
  assert.equal(words('profiting from the “stolen” material.', 'from the “stolen” material.'), 'from the “stolen” material.');
});

test('a span stops at an excluded region', () => {
  const doc = new Text('Before it. CAPTION After it.', [[11, 18]]);
  assert.deepEqual(doc.snap(0, 25), [0, 10]);
  assert.deepEqual(doc.snap(13, 28), [19, 28]);
  assert.equal(doc.snap(12, 17), null);
  assert.equal(doc.free(0, 11), true);
  assert.equal(doc.free(0, 12), false);
});

test('steps go by words, and by graphemes when fine', () => {
  const doc = new Text('We don’t 👩‍👩‍👧‍👦 agree.');
  assert.equal(doc.slice(0, doc.step(0, 1)), 'We');
  assert.equal(doc.slice(0, doc.step(2, 1)), 'We don’t');
  assert.equal(doc.slice(doc.step(8, -1), 8), 'don’t');
  assert.equal(doc.step(0, -1), 0);
  const family = doc.step(9, 1, true);
  assert.equal(doc.slice(9, family), '👩‍👩‍👧‍👦');
  assert.equal(doc.step(family, -1, true), 9);
  assert.equal(doc.step(doc.cps.length, 1, true), doc.cps.length);
});

test('the same words elsewhere: not inside other words, not in excluded regions', () => {
  const doc = new Text('😀 art and party; art again, art.', [[27, 33]]);
  assert.deepEqual(doc.alike(2, 5), [[17, 20]]);
});

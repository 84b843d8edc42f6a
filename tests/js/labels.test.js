// What labels say, what is missing, how they go on the wire, and how marks nest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Words, byPlace, cut, levels, missing } from '../../static/js/labels.js';

const person = (id, name, more = {}) => ({ id, name, kind: 'person', affiliation: '', aliases: [], document_of: '', gone: false, ...more });
const registry = () => new Words({
  voice: 'voice',
  defaults: { on_target: true },
  stances: [{ id: 'for', word: 'in favour', look: 'color-green mark-wavy' }, { id: 'against', word: 'against', look: 'color-red mark-double' }],
  claim_types: [{ id: 'PLAN', name: 'Plan', word: 'plan' }],
  speakers: [
    person('ada', 'Ada Lovelace', { affiliation: 'Analytical Society', aliases: ['the Countess', 'it'] }), person('bo', 'Bo Österlund'),
    person('society', 'Analytical Society', { kind: 'organisation' }), person('report', 'The report', { kind: 'document', document_of: 'society' }),
    person('old', 'Ada L.', { gone: true }), person('voice', 'Voice of the article', { kind: 'outlet' }),
  ],
});
const label = more => ({ ...registry().blank(), id: 'a', start: 0, end: 5, quote: 'words', speaker: 'ada', stance: 'for', claim_type: 'PLAN', ...more });
const found = (query, ...rest) => registry().find(query, ...rest).map(s => s.id);

test('on target all three are needed; off target only the speaker', () => {
  assert.equal(missing(label()), '');
  assert.equal(missing(label({ stance: null })), 'stance');
  assert.equal(missing(label({ claim_type: null })), 'claim_type');
  assert.equal(missing(label({ speaker: '' })), 'speaker');
  assert.equal(missing(label({ on_target: false, stance: null, claim_type: null })), '');
  assert.equal(missing(label({ on_target: false, stance: null, speaker: '' })), 'speaker');
});

test('a label in a few words', () => {
  assert.equal(registry().of(label()), 'Ada Lovelace, in favour, plan');
  assert.equal(registry().of(label({ on_target: false, stance: null, claim_type: null, unsure: true })), 'Ada Lovelace, off target, unsure');
  assert.equal(registry().changed('unsure', label({ unsure: false })), 'not unsure');
  assert.equal(registry().changed('claim_type', label()), 'plan');
});

test('a simulated label says so', () => {
  assert.deepEqual(registry().tags(label({ origin: 'simulated', unsure: true })), ['unsure', 'simulated']);
});

test('type-ahead finds the start of any word of name, alias and affiliation, names first', () => {
  assert.deepEqual(found('an'), ['society', 'ada']);
  assert.deepEqual(found('love'), ['ada']);
  assert.deepEqual(found('count'), ['ada']);
  assert.deepEqual(found('oster'), ['bo']);
  assert.deepEqual(found('ovelace'), []);
});

test('type-ahead leaves out short aliases, merged speakers and, for a speaker, documents', () => {
  assert.deepEqual(found('it'), []);
  assert.ok(!found('').includes('old'));
  assert.ok(!found('the').includes('report'));
  assert.ok(found('the', [], true).includes('report'));
});

test('proposed and recent speakers come first', () => {
  assert.deepEqual(found('', ['bo', '']).slice(0, 2), ['bo', 'ada']);
});

test('the chain goes from the voice of the article over the one known document to the speaker', () => {
  assert.deepEqual(registry().chain('society'), ['voice', 'report', 'society']);
  assert.deepEqual(registry().chain('voice'), ['voice']);
  assert.deepEqual(registry().chain(''), []);
});

test('on the wire a label has the fields of the contract, in any state', () => {
  assert.deepEqual(registry().toWire({ ...label({ chain: ['voice', 'ada'], revision: 3 }), touched: true }, 3, 'abc'), {
    id: 'a', text_sha256: 'abc', start: 0, end: 5, quote: 'words', origin: 'marked', speaker: 'ada', speaker_origin: 'picked', chain: ['voice', 'ada'],
    stance: 'for', on_target: true, ascribed: false, claim_type: 'PLAN', unsure: false, note: '', base: 3 });
});

test('what only the server may say of an origin is not sent back', () => {
  const { origin, speaker_origin } = registry().toWire(label({ origin: 'simulated', speaker_origin: 'imported' }), 1, '');
  assert.deepEqual([origin, speaker_origin], ['marked', 'picked']);
});

test('a new speaker goes out as an object, the chain without it, and comes back as the same one', () => {
  const words = registry(), speaker = words.propose({ name: 'Cy', kind: 'group', affiliation: 'Here' });
  const wire = words.toWire(label({ speaker, chain: ['voice', speaker] }), 0, '');
  assert.deepEqual([wire.speaker, wire.chain], [{ name: 'Cy', kind: 'group', affiliation: 'Here' }, ['voice']]);
  const again = registry(), back = again.fromWire(wire);
  assert.equal(again.name(back.speaker), 'Cy');
  assert.deepEqual(back.chain, ['voice', back.speaker]);
  assert.equal(again.propose({ name: 'cy', kind: 'group' }), back.speaker);
});

test('the shorter span lies nearer to the words, and spans that meet never share a line', () => {
  const spans = [[0, 20], [5, 10], [8, 15], [30, 40]].map(([start, end], i) => ({ id: `${i}`, start, end })), lev = levels(spans);
  assert.deepEqual(spans.map(s => lev.get(s)), [2, 0, 1, 0]);
});

test('marks nest: spans that cross are cut where they do', () => {
  const [a, b] = [{ id: 'a', start: 2, end: 8 }, { id: 'b', start: 5, end: 12 }];
  assert.deepEqual(cut(0, 10, [a, b]), [[0, 2, []], [2, 5, [a]], [5, 8, [a, b]], [8, 10, [b]]]);
  assert.deepEqual(cut(0, 10, []), [[0, 10, []]]);
});

test('labels stand in the order of their place, longer first', () => {
  const list = [{ id: 'c', start: 3, end: 4 }, { id: 'b', start: 0, end: 4 }, { id: 'a', start: 0, end: 9 }];
  assert.deepEqual(list.sort(byPlace).map(x => x.id), ['a', 'b', 'c']);
});

// Nothing gets lost, nothing is doubled. The network is a server in memory at the edge (fetch); the store is the one for private windows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, memoryStore, uuid7 } from '../../static/js/outbox.js';

const HERE = '/p/demo/documents/a/operations', THERE = '/p/demo/documents/b/operations';
const answer = (status, body) => ({ ok: status < 400, status, json: async () => body });

// Stores each operation once; `moods` say how it answers the next requests, then it is well.
class Server {
  constructor(moods = []) { Object.assign(this, { moods, stored: [], requests: [], person: 'Alice', token: 'good' }); }

  fetch = async (address, { body, headers } = {}) => {
    if (!body) return this.person ? answer(200, { person: this.person, csrf_token: this.token }) : answer(401, {});
    const { operations } = JSON.parse(body), mood = this.moods.shift();
    this.requests.push([address, operations.map(o => o.id)]);
    if (!this.person) return answer(401, {});
    if (headers['X-CSRFToken'] !== this.token) return answer(400, {});
    if (mood === 'drop') throw new TypeError('the line broke');
    if (typeof mood === 'number') return answer(mood, { detail: `no: ${mood}` });
    if (this.largest && operations.length > this.largest) return answer(413, {});
    if (operations.some(o => o.label?.note === 'poison')) return answer(422, { detail: 'operations[0].label.note' });
    const results = operations.map(o => this.take(o, address));
    if (mood === 'late') throw new TypeError('the answer was lost');
    return answer(200, { results, state: 'open' });
  };

  take({ id, label }, address) {
    if (label?.note === 'refuse') return { id, status: 'refused', code: 'unknown-speaker', field: 'speaker', message: 'Pick the speaker again.', label: null };
    if (this.stored.some(o => o.id === id)) return { id, status: 'repeated', revision: 1 };
    this.stored.push({ id, address, label });
    return { id, status: 'stored', revision: 1 };
  }
}

function desk(server, more = {}) {
  const seen = { states: [], refused: [], stored: [], turns: [] }, timers = [];
  const box = new Outbox({ store: memoryStore(), person: 'alice-id', who: 'Alice', address: HERE, renewAt: '/a.json', token: 'good', fetch: server.fetch,
    later: f => { timers.push(f); return 0; }, ...more,
    on: { state: (...a) => seen.states.push(a), refused: ops => seen.refused.push(...ops), stored: (op, x) => seen.stored.push([op.id, x.status]), turn: s => seen.turns.push(s) } });
  const quiet = async () => { do await new Promise(ok => setTimeout(ok, 2)); while (box.running); };
  const retry = async () => { const f = timers.shift(); await f?.(); await quiet(); };
  return { box, seen, quiet, retry, timers, word: () => seen.states.at(-1) };
}
const put = (id, note = '') => ({ action: 'put', label: { id, note } });

test('an operation is sent in the words of the contract and leaves when it is answered', async () => {
  const server = new Server(), d = desk(server);
  await d.box.add(put('one'));
  await d.quiet();
  assert.deepEqual(server.stored.map(o => o.label), [{ id: 'one', note: '' }]);
  assert.deepEqual(await d.box.waiting(), []);
  assert.deepEqual([d.word(), d.seen.turns], [['saved', 0], ['open']]);
});

for (const mood of ['drop', 'late', 500, 503, 429]) {
  test(`${mood}: kept, told, sent again, stored once`, async () => {
    const server = new Server([mood]), d = desk(server);
    await d.box.add(put('one'));
    await d.quiet();
    assert.deepEqual(d.word(), ['offline', 1]);
    await d.retry();
    assert.equal(server.stored.length, 1);
    assert.deepEqual(d.word(), ['saved', 0]);
  });
}

test('the order is kept, and each request has one address', async () => {
  const server = new Server(['drop']), d = desk(server), other = desk(server, { store: d.box.store, address: THERE });
  await d.box.add(put('one'));
  await d.quiet();
  await d.box.store.put({ id: 'x', person: 'alice-id', address: THERE, action: 'put', label: { id: 'two' } });
  for (const id of ['three', 'four']) await d.box.store.put({ id, person: 'alice-id', address: HERE, action: 'put', label: { id } });
  await d.retry();
  assert.deepEqual(server.stored.map(o => o.label.id), ['one', 'two', 'three', 'four']);
  assert.deepEqual(server.requests.slice(1).map(r => r[0]), [HERE, THERE, HERE]);
  assert.equal(other.seen.states.length, 0);
});

test('waiting grows from one second to half a minute', async () => {
  const waits = [], server = new Server(Array(12).fill('drop'));
  const d = desk(server, { later: (f, ms) => { waits.push(ms); return 0; } });
  await d.box.add(put('one'));
  for (let i = 0; i < 8; i++) { await d.quiet(); await d.box.pump(); }
  assert.ok(waits[0] >= 700 && waits[0] <= 1300 && waits[1] >= 1400 && waits[1] <= 2600, String(waits));
  assert.ok(Math.max(...waits) <= 39000 && waits.at(-1) >= 21000, String(waits));
});

test('a used-up token is renewed, and the operation sent again', async () => {
  const server = new Server(), d = desk(server);
  server.token = 'newer';
  await d.box.add(put('one'));
  await d.quiet();
  assert.equal(server.stored.length, 1);
  assert.equal(d.box.token, 'newer');
});

test('signed out: kept until the same person is signed in, never sent for another', async () => {
  const server = new Server(), d = desk(server);
  server.person = '';
  await d.box.add(put('one'));
  await d.quiet();
  assert.deepEqual(d.word(), ['signin', 1]);
  Object.assign(server, { person: 'Bob', token: 'of Bob' });
  await d.retry();
  assert.deepEqual([d.word(), server.stored.length], [['stranger', 1], 0]);
  Object.assign(server, { person: 'Alice', token: 'of Alice' });
  await d.retry();
  assert.deepEqual([d.word(), server.stored.length], [['saved', 0], 1]);
});

test('what waits for another person is not touched', async () => {
  const server = new Server(), d = desk(server);
  await d.box.store.put({ id: 'b', person: 'bob-id', address: HERE, action: 'put', label: { id: 'b' } });
  await d.box.add(put('one'));
  await d.quiet();
  assert.deepEqual(server.stored.map(o => o.label.id), ['one']);
  assert.equal((await d.box.store.all()).length, 1);
});

test('a refused operation is told once, stays until it is dropped, and holds nothing up', async () => {
  const server = new Server(), d = desk(server);
  await d.box.add(put('one', 'refuse'), { id: 'one', note: 'before' });
  await d.box.add(put('two'));
  await d.quiet();
  assert.deepEqual(server.stored.map(o => o.label.id), ['two']);
  assert.deepEqual(d.seen.refused.map(o => [o.label.id, o.refused.code, o.before.note]), [['one', 'unknown-speaker', 'before']]);
  assert.deepEqual(d.word(), ['refused', 1]);
  await d.box.pump();
  assert.equal(d.seen.refused.length, 1);
  await d.box.drop(d.seen.refused);
  await d.quiet();
  assert.deepEqual(d.word(), ['saved', 0]);
});

test('all that was refused of one label is told together, in order', async () => {
  const server = new Server(['drop']), d = desk(server);
  for (const note of ['refuse', 'refuse']) await d.box.add(put('one', note));
  await d.quiet();
  await d.retry();
  assert.deepEqual(d.seen.refused.map(o => o.label.id), ['one', 'one']);
  assert.deepEqual(d.word(), ['refused', 1]);
});

test('too large a request is halved until it fits', async () => {
  const server = new Server(['drop']), d = desk(server);
  server.largest = 3;
  await d.box.add(put('0'));
  await d.quiet();
  for (let i = 1; i < 10; i++) await d.box.store.put({ id: `${i}`, person: 'alice-id', address: HERE, action: 'put', label: { id: `${i}` } });
  await d.retry();
  assert.deepEqual(server.stored.map(o => o.label.id), Array.from({ length: 10 }, (_, i) => `${i}`));
});

test('one operation that the server cannot read is set apart, the others are stored', async () => {
  const server = new Server(['drop']), d = desk(server);
  await d.box.add(put('0'));
  await d.quiet();
  for (const [id, note] of [['1', ''], ['2', 'poison'], ['3', '']]) await d.box.store.put({ id, person: 'alice-id', address: HERE, ...put(id, note) });
  await d.retry();
  assert.deepEqual(server.stored.map(o => o.label.id), ['0', '1', '3']);
  assert.deepEqual(d.seen.refused.map(o => [o.id, o.refused.code, o.refused.message]), [['2', '422', 'operations[0].label.note']]);
});

test('an answer that names no operation counts as no answer', async () => {
  const server = new Server(), d = desk(server, { fetch: async () => answer(200, { hello: 'hotel wireless' }) });
  await d.box.add(put('one'));
  await d.quiet();
  assert.deepEqual(d.word(), ['offline', 1]);
  assert.equal(server.stored.length, 0);
});

test('memory is at risk while something is in it', async () => {
  const store = memoryStore(), op = { id: 'a' };
  await store.put(op);
  assert.equal(store.atRisk, true);
  await store.delete(op);
  assert.equal(store.atRisk, false);
});

test('ids are UUIDs of version 7 in the order of time', () => {
  const ids = [uuid7(1), uuid7(1700000000000), uuid7(1800000000000)];
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
});

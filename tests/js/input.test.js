// The name of a pressed key, on any keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyName } from '../../static/js/input.js';

const press = (key, more = {}) => ({ key, code: '', getModifierState: name => name === 'AltGraph' && !!more.graph, ...more });
const table = new Set(['j', 'Shift+J', '1', '?', '[', '.', 'z', 'Ctrl+z', 'Ctrl+Shift+Z', 'Shift+ArrowRight', 'Ctrl+Shift+ArrowRight', 'Escape', 'Shift+Enter', 'i']);
const named = (key, more) => keyName(press(key, more), n => table.has(n));

test('letters are named in lower case, with Shift in upper case', () => {
  assert.equal(named('j'), 'j');
  assert.equal(named('J', { shiftKey: true }), 'Shift+J');
});

test('the caps lock changes nothing', () => {
  assert.equal(named('J'), 'j');
  assert.equal(named('j', { shiftKey: true }), 'Shift+J');
});

test('signs are named as typed, whatever keys it took', () => {
  assert.equal(named('?', { shiftKey: true }), '?');
  assert.equal(named('[', { graph: true, ctrlKey: true, altKey: true }), '[');
});

test('modifiers come in one order, Meta counts as Ctrl', () => {
  assert.equal(named('ArrowRight', { shiftKey: true, ctrlKey: true }), 'Ctrl+Shift+ArrowRight');
  assert.equal(named('z', { metaKey: true }), 'Ctrl+z');
  assert.equal(named('Z', { ctrlKey: true, shiftKey: true }), 'Ctrl+Shift+Z');
  assert.equal(named('Enter', { shiftKey: true }), 'Shift+Enter');
});

test('where the keyboard has other letters, the place of the key counts', () => {
  assert.equal(named('о', { code: 'KeyJ' }), 'j');
  assert.equal(named('О', { code: 'KeyJ', shiftKey: true }), 'Shift+J');
  assert.equal(named('&', { code: 'Digit1' }), '1');
});

test('the place does not count where the key has a letter or digit of its own', () => {
  assert.equal(named('c', { code: 'KeyI' }), undefined);
  assert.equal(named('!', { code: 'Digit1', shiftKey: true }), undefined);
});

test('what is not in the table has no name', () => {
  assert.equal(named('F5'), undefined);
  assert.equal(named('j', { ctrlKey: true }), undefined);
});

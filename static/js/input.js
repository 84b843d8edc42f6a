// Keys, mouse and touch. The key map in the page (<dt data-key data-do>) is the one table: what is listed works, what works is listed.

// The name of a pressed key as the table has it: "j", "Shift+N", "Ctrl+Shift+ArrowRight", "?".
// Where a keyboard has no such letter or digit on that key, its place counts.
export function keyName(e, known) {
  const graph = e.getModifierState?.('AltGraph'), mods = (e.ctrlKey || e.metaKey) && !graph ? 'Ctrl+' : '';
  const name = k => mods + (e.shiftKey && /^([a-z]|..+)$/i.test(k) ? 'Shift+' : '') + (k[1] ? k : e.shiftKey ? k.toUpperCase() : k.toLowerCase());
  const place = (/[^ -~]/.test(e.key) ? /^Key(.)$/ : !e.shiftKey && /\W/.test(e.key) ? /^Digit(.)$/ : /^$/).exec(e.code);
  return [e.key, place?.[1]].filter(Boolean).map(name).find(known);
}

// Keys act only while the focus is in this zone (or nowhere), never in a text field, never behind a dialog.
// Those of one character, with or without Shift, may be switched off. Buttons and links with data-cmd do the same.
export function listen(zone, run, lettersOn) {
  const table = new Map([...document.querySelectorAll('[data-key]')].map(e => [e.dataset.key, e.dataset.do]));
  document.addEventListener('keydown', e => {
    const t = e.target, name = keyName(e, n => table.has(n));
    if (!name || (e.altKey && !e.getModifierState('AltGraph')) || e.isComposing || e.defaultPrevented) return;
    if (document.querySelector('dialog[open]') || t.matches('textarea,select,[type=text]')) return;
    if (t !== document.body && name !== '?' && !zone.contains(t)) return;
    if (/^(Shift\+)?.$/u.test(name) && !lettersOn()) return;
    if (/^(Enter|Delete|Backspace)$/.test(name) && t.matches('button,a,input,summary')) return;
    e.preventDefault();
    run(table.get(name), e);
  });
  document.addEventListener('click', e => {
    const b = e.target.closest('[data-cmd]');
    if (!b) return;
    e.preventDefault();
    run(`${b.dataset.cmd}:${b.dataset.arg ?? ''}`, e);
  });
}

// A click takes a sentence or a mark, a drag takes words: on.sentence(sentence), on.mark(id, e), on.words([start, end]).
export function point(doc, on) {
  const { root } = doc;
  let dragged = false, rest;
  const words = () => {
    const g = getSelection(), r = !g.isCollapsed && root.contains(g.anchorNode) && g.getRangeAt(0);
    const ends = r && [doc.offset(r.startContainer, r.startOffset), doc.offset(r.endContainer, r.endOffset)];
    const snap = ends && !ends.includes(null) && doc.snap(...ends);
    if (!snap) return;
    g.removeAllRanges();
    dragged = true;
    setTimeout(() => { dragged = false; }, 50);
    on.words(snap);
  };
  root.addEventListener('mouseup', e => { if (!e.button && e.detail < 2) words(); });
  root.addEventListener('click', e => {
    const sent = doc.sentence(e.target), mark = e.target.closest('mark[data-id]');
    if (dragged || !sent || (!getSelection().isCollapsed && e.detail < 2)) return;
    getSelection().removeAllRanges();
    if (!mark || !on.mark(mark.dataset.id, e)) on.sentence(sent);
  });
  document.addEventListener('selectionchange', () => {      // touch: the phone's own handles, settled for a moment
    clearTimeout(rest);
    if (matchMedia('(pointer: coarse)').matches) rest = setTimeout(words, 700);
  });
}

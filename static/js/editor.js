// The form in which a passage's fields and boundary are chosen. Nothing is kept until it is decided.
import { Combo } from './combo.js';
import { drawChain } from './labels.js';
import { at, doc, fields, here, lacks, told, words } from './matter.js';
import { $, $$, say } from './ui.js';

export const form = $('#edit');
const speaker = $('#spk');

// the chain to a speaker: as a label here has it, else as the registry does
function chainTo(id) {
  const known = at.clusters.flatMap(c => c.labels_full).filter(x => x.speaker === id && x.chain.length);
  return (known.find(x => here()?.labels_full.includes(x)) ?? known[0])?.chain ?? words.chain(id);
}

// who of the annotators says so, by letter
const votersOf = (field, value) => (at.draft.added ? [] : here().labels_full).filter(x => String(x[field]) === value).map(x => x.annotator).join(' ');

export function fill() {
  const x = at.draft;
  form.hidden = !x;
  if (!x) { $('#links').hidden = true; return; }
  $('#editing').textContent = x.added ? 'A passage that all missed' : 'Change it';
  $('#barq').textContent = doc.slice(x.start, x.end);
  if (document.activeElement !== speaker) speaker.value = x.speaker ? words.name(x.speaker) : '';
  for (const r of $$('[type=radio]', form)) r.checked = String(x[r.name]) === r.value;
  for (const b of $$('[aria-pressed]', form)) b.setAttribute('aria-pressed', b.dataset.arg === 'on_target' ? String(!x.on_target) : String(x[b.dataset.arg] ?? 'mixed'));
  for (const b of $$('.voted', form)) b.textContent = votersOf(b.dataset.field, b.dataset.value);
  drawChain($('#chain'), x.chain, words);
  $('#chain').hidden = x.chain.length < 2;
}

// Say what is missing, and frame it; '' takes that away.
export function trouble(field, message = '') {
  $('#err').textContent = message;
  $('#err').hidden = !message;
  for (const f of $$('[data-field]', form)) f.classList.toggle('bad', f.dataset.field === field);
}

const NAMES = { stance: 'stance', claim_type: 'claim type', speaker: 'speaker' };
// Ask for what is missing: what the votes are for it, and the focus on its field.
export function ask(field) {
  const c = at.draft?.added ? null : here(), votes = Object.keys(c?.votes[field] ?? {}).map(v => (field === 'speaker' ? words.name(v) : words[field === 'stance' ? 'stance' : 'claim']({ [field]: v })));
  const between = votes[1] ? `: ${votes.slice(0, -1).join(', ')} or ${votes.at(-1)}` : '';
  trouble(field, field === 'ascribed' ? 'Own voice or ascribed? A says ascribed, A again own voice.' : `Choose the ${NAMES[field]}${between}.`);
  const box = $(`[data-field=${field}]`, form);
  (box.querySelector('input:checked') ?? box.querySelector('input, button')).focus({ preventScroll: true });
  box.scrollIntoView({ block: 'nearest' });
}

export function change(patch) {
  const x = Object.assign(at.draft, patch);
  if (patch.stance) x.on_target = true;
  if (patch.on_target === false) x.stance = null;
  if ('speaker' in patch) {
    x.chain = chainTo(patch.speaker);
    const voices = new Set((x.added ? [] : here().labels_full).filter(o => o.speaker === patch.speaker).map(o => o.ascribed));
    if (x.ascribed === null && voices.size === 1) [x.ascribed] = voices;      // as those who name this speaker have it
  }
  trouble();
  fill();
  say(told(x) || 'No field chosen yet');
}
// who reports whom: a link more before the speaker, or one less
const setChain = chain => { change({ chain }); say(`Chain: ${chain.map(id => words.name(id)).join(', ') || 'none'}`); };
export function askLink() {
  $('#links').hidden = false;
  $('#link').focus({ preventScroll: true });
}
export function unlink(i) {
  setChain(at.draft.chain.filter((_, n) => n !== +i));
  ($('#chain button') ?? $('#settle')).focus({ preventScroll: true });
}
export const result = () => fields(at.draft);
export const need = () => lacks(at.draft);

function left(escaped) {
  $('#link').value = '';
  fill();
  if (escaped) $('#settle').focus({ preventScroll: true });
}
new Combo(speaker, $('#spklist'), {
  find: q => words.find(q, [...new Set([...Object.keys(here()?.votes.speaker ?? {}), ...at.clusters.map(c => c.speaker)].filter(id => words.speakers.has(id)))]),
  choose: id => { change({ speaker: id }); $('#settle').focus({ preventScroll: true }); },
  make() {},
  left,
});
new Combo($('#link'), $('#linklist'), {
  find: q => words.find(q, [words.voice], true).filter(s => !at.draft.chain.includes(s.id)),
  choose(id) {
    const { chain, speaker: to } = at.draft;
    $('#link').value = '';
    setChain([...chain.slice(0, -1), id, to]);
    $('#settle').focus({ preventScroll: true });
  },
  make() {},
  left,
});

// Forms of human tasks: questions that are only asked sometimes, limits while typing, and what is signed beside them.
const form = document.getElementById('task-form');
const signing = document.getElementById('sign-form');

function answer(name) {
  const field = form.elements.namedItem(name);
  return field ? field.value : '';
}

function ask() {
  for (const part of form.querySelectorAll('[data-when]')) {
    const wanted = Object.entries(JSON.parse(part.dataset.when));
    part.hidden = !wanted.every(([name, value]) => answer(name) === value);
  }
}

function compare(input) {
  const value = input.value.trim();
  const number = Number(value);
  const { lower, upper } = input.dataset;
  const outside = value !== '' && !Number.isNaN(number)
    && ((lower !== undefined && number < Number(lower)) || (upper !== undefined && number > Number(upper)));
  const note = document.getElementById(`${input.id}-l`);
  note?.classList.toggle('outside', outside);
  const words = note?.querySelector('[data-outside]');
  if (words) words.hidden = !outside;
}

function limits() {
  form.querySelectorAll('input[data-lower], input[data-upper]').forEach(compare);
}

// A measured value and the reason for its change count from the moment they are saved: when left, never half written.
function isOriginal(field) {
  return field instanceof HTMLElement && (field.dataset.original !== undefined || field.name?.startsWith('_why.'));
}

if (form) {
  const look = () => { ask(); limits(); };
  const fields = document.getElementById('task-fields');
  if (fields) fields.disabled = false; // without scripts what is under review stays as it is
  form.addEventListener('input', (event) => {
    look();
    if (!isOriginal(event.target)) form.dispatchEvent(new Event('typed'));
  });
  form.addEventListener('change', look);
  look();
  for (const list of form.querySelectorAll('[data-files]')) {
    new MutationObserver(() => form.dispatchEvent(new Event('input', { bubbles: true })))
      .observe(list, { childList: true, subtree: true });
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
}

if (form && signing) sign();

function sign() {
  const panel = document.getElementById('sign-preview');
  const button = document.getElementById('sign-button');
  const said = document.getElementById('sign-state');
  const password = document.getElementById('sign-password');
  const touched = new Set();
  let changes = 0;
  let sent = -1; // the changes that the last question told of; -1 if it was never answered
  let answered = 0; // the panel tells of the form as it was at this change
  let held = false;
  let wanted = false;

  const ready = () => changes === answered && panel.querySelector('[data-sign]')?.dataset.sign === 'ready';
  const show = () => {
    button.toggleAttribute('aria-disabled', false);
    if (!ready()) button.setAttribute('aria-disabled', 'true');
    panel.classList.toggle('stale', changes !== answered);
    if (changes !== answered) said.textContent = said.dataset.checking;
  };
  const changed = (event) => {
    if (event.target.name) touched.add(event.target.name.replace(/^_why\./, ''));
    changes += 1;
    wanted = false;
    show();
  };
  const missing = () => {
    wanted = changes !== answered; // what the panel says is of before: the click counts with the answer
    if (wanted) return;
    panel.querySelectorAll('[data-goto]').forEach((link) => touched.add(link.dataset.goto));
    refusals();
    goTo(panel.querySelector('[data-goto]')?.dataset.goto);
  };

  // The server's answer carries the form once more: what it refuses is shown where a person has been.
  function refusals() {
    const fresh = panel.querySelector('template[data-fields]')?.content;
    for (const now of fresh?.querySelectorAll('[data-note]') || []) {
      const note = form.querySelector(`[data-note="${CSS.escape(now.dataset.note)}"]`);
      const id = `f-${now.dataset.note.replaceAll('.', '-')}`;
      if (!note || note.contains(document.activeElement)) continue;
      if (!touched.has(now.dataset.note) && !touched.has(id)) continue;
      note.replaceChildren(...now.cloneNode(true).childNodes);
      const named = `[name="${CSS.escape(now.dataset.note)}"]`;
      const fields = form.querySelectorAll(named);
      fresh.querySelectorAll(named).forEach((field, at) => fields[at] && follow(fields[at], field));
    }
  }

  form.addEventListener('input', changed);
  form.addEventListener('focusin', ({ target }) => { if (isOriginal(target)) target.dataset.before = target.value; });
  form.addEventListener('change', (event) => {
    if (isOriginal(event.target)) event.target.dataset.before = event.target.value;
    else if (event.target.matches('textarea, input[type=text]')) return; // each letter was a change already
    changed(event);
  });
  form.addEventListener('focusout', ({ target }) => { // typed and taken back again: nothing has changed
    if (isOriginal(target) && changes !== answered && target.value === target.dataset.before) {
      target.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
  document.body.addEventListener('htmx:configRequest', (event) => {
    if (event.detail.elt.id !== 'sign-asker') return;
    const field = document.activeElement;
    held = form.contains(field) && isOriginal(field) && field.type === 'text' && field.value !== field.dataset.before;
    if (held) event.detail.parameters[field.name] = field.dataset.before || '';
  });
  form.addEventListener('submit', (event) => { // Enter in a field goes on to the signature
    if (event.submitter?.name) return;
    event.preventDefault();
    (password || button).focus();
  });
  const rest = (event) => {
    if (ready()) return;
    event.preventDefault();
    missing();
  };
  button.addEventListener('click', rest); // before the browser asks for the password
  signing.addEventListener('submit', rest);
  panel.addEventListener('click', (event) => {
    const id = event.target.closest('[data-goto]')?.dataset.goto;
    if (!id) return;
    event.preventDefault();
    goTo(id);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (password && (changes !== answered || (ready() && !password.value))) password.focus();
    else if (!ready()) missing();
    else signing.requestSubmit(button);
  });
  document.body.addEventListener('htmx:beforeRequest', (event) => { // nothing new to ask, or no longer
    if (event.detail.elt.id === 'sign-asker' && (signing.dataset.sent || (!held && changes === sent))) event.preventDefault();
  });
  document.body.addEventListener('htmx:beforeSend', ({ detail }) => {
    if (detail.elt.id !== 'sign-asker') return;
    sent = held ? changes - 1 : changes;
    detail.xhr.tells = sent; // the next question may be sent before the page has settled
  });
  document.body.addEventListener('htmx:afterSettle', (event) => {
    if (event.detail.target.id !== 'sign-preview') return;
    answered = event.detail.xhr.tells;
    refusals();
    show();
    if (!wanted || changes !== answered) return;
    wanted = false;
    if (!ready()) missing();
    else if (!password) signing.requestSubmit(button); // a signature asks for a click on what is signed
  });
  const lost = ({ detail }) => {
    if (detail.elt.id !== 'sign-asker') return;
    sent = -1;
    show();
  };
  document.body.addEventListener('htmx:sendError', lost);
  document.body.addEventListener('htmx:responseError', lost);
  show();
  keyboard();
}

function follow(field, fresh) {
  field.classList.toggle('is-invalid', fresh.classList.contains('is-invalid'));
  for (const name of ['aria-invalid', 'aria-describedby']) {
    if (fresh.hasAttribute(name)) field.setAttribute(name, fresh.getAttribute(name));
    else field.removeAttribute(name);
  }
}

function goTo(id) {
  const field = id && document.getElementById(id);
  if (!field) return;
  field.closest('fieldset, div')?.scrollIntoView({ block: 'center' });
  field.focus({ preventScroll: true });
}

// The keyboard of a phone lies over the page: the bar with the password stands on top of it.
function keyboard() {
  const view = window.visualViewport;
  if (!view) return;
  const lift = () => {
    const hidden = Math.max(0, window.innerHeight - view.height - view.offsetTop);
    document.documentElement.style.setProperty('--keyboard', `${Math.round(hidden)}px`);
    document.documentElement.classList.toggle('typing-on-glass', hidden > 120);
  };
  view.addEventListener('resize', lift);
  view.addEventListener('scroll', lift);
}

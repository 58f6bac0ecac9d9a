// input[type=file][data-upload="url"]: sends each file at once and keeps only its SHA-256 in the form.
document.addEventListener('change', async (event) => {
  const input = event.target;
  if (!input.matches?.('input[type=file][data-upload]')) return;
  const list = document.getElementById(input.dataset.list || '') || listAfter(input);
  for (const file of [...input.files]) await send(input, file, list);
  input.value = '';
});

function listAfter(input) {
  const list = document.createElement('ul');
  list.className = 'uploads';
  list.setAttribute('aria-live', 'polite');
  input.after(list);
  return list;
}

async function send(input, file, list) {
  const line = document.createElement('li');
  line.textContent = `${file.name} …`;
  list.append(line);
  const data = new FormData();
  data.append('file', file);
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const answer = await fetch(input.dataset.upload, {
      method: 'POST', body: data, headers: { 'X-CSRFToken': token, Accept: 'application/json' },
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.title);
    line.textContent = body.name;
    const hidden = document.createElement('input');
    Object.assign(hidden, { type: 'hidden', name: input.dataset.name || input.name, value: body.sha256 });
    line.append(hidden);
  } catch (error) {
    line.className = 'text-danger';
    line.textContent = `${file.name}: ${error.message}`;
  }
}

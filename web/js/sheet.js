// The picture of the first sheet follows what is typed, and a cell that is touched is the first free
// one. Without this file the number is typed.
const map = document.querySelector('.sheet-map');
const used = document.getElementById('f-used');
const count = document.getElementById('f-n');

if (map && used) {
  const cells = [...map.querySelectorAll('rect')];
  const whole = text => Math.max(0, Number.parseInt(text, 10) || 0);

  const draw = () => {
    const from = whole(used.value);
    const to = from + (count ? whole(count.value) : whole(map.dataset.labels));
    cells.forEach((cell, at) => cell.setAttribute('class', at < from ? 'used' : at < to ? 'now' : 'free'));
  };

  map.addEventListener('click', event => {
    const at = cells.indexOf(event.target);
    if (at < 0) return;
    used.value = String(at);
    draw();
  });
  for (const field of [used, count]) field?.addEventListener('input', draw);
  map.classList.add('live');
  draw();
}

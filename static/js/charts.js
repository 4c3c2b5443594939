// Charts of the reports: the same rows as the table below them. The library is the admin theme's own.
const SINGLE = "#046c4e";
const COLOURS = ["#b42318", "#8a5a00", SINGLE, "#0b4ea2"];

function draw(canvas) {
  const data = JSON.parse(document.getElementById(canvas.dataset.report).textContent);
  const many = data.sets.length > 1;
  const datasets = data.sets.map((set, at) => ({
    label: set.name,
    data: set.values,
    backgroundColor: many ? COLOURS[at] : SINGLE,
    borderColor: SINGLE,
  }));
  const options = {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    plugins: { legend: { display: many } },
    scales: { x: { stacked: many }, y: { stacked: many, beginAtZero: true } },
  };
  return new window.Chart(canvas, { type: data.kind, data: { labels: data.names, datasets }, options });
}

document.querySelectorAll("[data-report]").forEach(draw);

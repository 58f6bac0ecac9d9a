// The peer's side of the engine figure: load, one step, save, on the same approval; prints milliseconds.
const { EventEmitter } = require("node:events");
const fs = require("node:fs");
const { Engine } = require("bpmn-engine");

const [modelFile, cases] = process.argv.slice(2);
const source = fs.readFileSync(modelFile, "utf8");
const services = { done: (_scope, next) => next(null, { ok: true }) };
const variables = { yes: true };
const steps = [
  ["request", { title: "x".repeat(40), description: "d".repeat(300) }],
  ["assessment", { severity: 4, impact: "y".repeat(200) }],
  ["review", { remark: "ok" }],
  ["approval", { approved: true }],
  ["effectiveness", { remark: "ok" }],
];
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function start() {
  const engine = new Engine({ name: "approval", source });
  await engine.execute({ services, variables });
  const kept = JSON.stringify(await engine.getState());
  engine.stop();
  return kept;
}

async function step(kept, id, fields) {
  const begin = process.hrtime.bigint();
  const engine = new Engine();
  engine.recover(JSON.parse(kept), { services });
  let ended = false;
  engine.once("end", () => (ended = true));
  const api = await engine.resume({ listener: new EventEmitter() });
  const waiting = () => api.getPostponed().filter((activity) => activity.type === "bpmn:UserTask");
  const task = waiting().find((activity) => activity.id === id);
  if (!task) throw new Error(`not waiting for ${id} but ${waiting().map((a) => a.id)}`);
  Object.assign(api.environment.output, fields);
  task.signal(fields);
  while (!ended && !waiting().some((activity) => activity.id !== id)) await turn();
  const saved = JSON.stringify(await engine.getState());
  engine.stop();
  return { saved, ended, milliseconds: Number(process.hrtime.bigint() - begin) / 1e6 };
}

async function main() {
  const times = [];
  for (let number = 0; number < cases; number += 1) {
    let kept = await start();
    let ended = false;
    for (const [id, fields] of steps) {
      const done = await step(kept, id, fields);
      kept = done.saved;
      ended = done.ended;
      if (number > 0) times.push(done.milliseconds); // the first case warms the compiler up
    }
    if (!ended) throw new Error("has not reached the end");
  }
  console.log(JSON.stringify({ times }));
}

main().then(() => process.exit(0), (wrong) => { console.error(wrong); process.exit(1); });

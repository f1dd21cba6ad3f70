// Measures what a long static list costs the shipped filter: node scripts/scale.mjs MODULE.wasm [ENTRIES].
// Fails if a bound is missed.
import { request, Vm } from './proxy-wasm-host.mjs';

const [module, entriesText = '100000'] = process.argv.slice(2);
const entries = Number(entriesText);
if (!module || !Number.isInteger(entries) || entries < 1) {
  throw new Error('usage: node scripts/scale.mjs MODULE.wasm [ENTRIES]');
}

/** Seconds for a configuration of 100,000 entries. */
const MOST_SECONDS = 1;
/** Linear memory: so many times the text, and so many bytes for each entry. */
const MOST_TEXTS = 3;
const MOST_BYTES_AN_ENTRY = 150;
/** What a second load of the same size may add to it. */
const MOST_GROWTH = 0.1;
/** A decision under the long list against one under a list of one entry: looking at every entry would make it a
    hundred times as long. */
const MOST_SLOWER = 1.5;

const LOADS = 9;
const REQUESTS = 5_000;
const ROUNDS = 20;

// A multiplier that is odd makes every number another one: no two fingerprints are alike.
const fingerprint = (number) => {
  const words = Array.from({ length: 8 }, (_, word) => Math.imul(number * 8 + word + 1, 0x9e3779b1) >>> 0);
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
};

const forms = {
  'fingerprints alone': (number) => ({ sha256: fingerprint(number) }),
  'with identities': (number) => ({ sha256: fingerprint(number), identity: `partner-${number}` }),
};

const policy = (list) => ({
  version: 1,
  lists: { partners: { entries: list } },
  apis: [{ name: 'api', policy: 'mandatory', certificate: { allow: ['partners'], validity: 'unchecked' } }],
  forward: { identity: 'x-client-identity' },
});

const list = (count, form) => Array.from({ length: count }, (_, number) => form(number));

/** `google.protobuf.Struct`, as Envoy hands over a configuration that is no text. */
const struct = (fields) =>
  Buffer.concat(Object.entries(fields).map(([key, value]) => message(1, message(1, Buffer.from(key)), message(2, wire(value)))));
const wire = (value) => {
  if (typeof value === 'string') return message(3, Buffer.from(value));
  if (Array.isArray(value)) return message(6, ...value.map((item) => message(1, wire(item))));
  if (typeof value === 'object') return message(5, struct(value));
  const number = Buffer.alloc(9, 0x11);
  number.writeDoubleLE(value, 1);
  return number;
};
const message = (field, ...parts) => {
  const content = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  const head = [(field << 3) | 2];
  let length = content.length;
  for (; length > 0x7f; length = Math.floor(length / 128)) head.push((length % 128) | 0x80);
  return Buffer.concat([Buffer.from([...head, length]), content]);
};

const missed = [];
const check = (holds, what) => {
  if (!holds) missed.push(what);
};
const MIB = 1 << 20;
const mib = (bytes) => (bytes / MIB).toFixed(1);

const vm = await Vm.load(module);
// The engine compiles a function better once it has run a while; a worker's has run for long.
const small = Buffer.from(JSON.stringify(policy(list(1000, forms['with identities']))));
vm.start();
for (let round = 0; round < 5; round += 1) vm.end(vm.configure(small).root);
await new Promise((done) => setTimeout(done, 200));

const measure = (name, configuration) => {
  const text = `${name} (${mib(configuration.length)} MiB)`;
  const bound = configuration.length * MOST_TEXTS + entries * MOST_BYTES_AN_ENTRY;
  vm.start();
  let plugin = vm.configure(configuration);
  const first = { seconds: plugin.seconds, bytes: vm.bytes };
  // One after the other: what the last one had is the next one's.
  for (let load = 2; load <= LOADS; load += 1) {
    vm.end(plugin.root);
    plugin = vm.configure(configuration);
    if (load === 2) first.again = vm.bytes;
  }
  const growth = (bytes) => bytes / first.bytes - 1;
  const percent = (part) => `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`;
  const apart = growth(vm.bytes);
  // A change of policy: the old one is at work until the new one is there.
  const seconds = [];
  let together;
  for (let load = 2; load <= LOADS; load += 1) {
    const old = plugin;
    plugin = vm.configure(configuration);
    vm.end(old.root);
    seconds.push(plugin.seconds);
    together ??= vm.bytes;
  }
  console.log(
    `${text}: configured in ${first.seconds.toFixed(3)} s; linear memory ${mib(first.bytes)} MiB of at most ` +
      `${mib(bound)}; another ${LOADS - 1} in its place ${percent(apart)}`,
  );
  console.log(
    `  beside it, as while a policy changes: ${mib(together)} MiB (${percent(growth(together))}), after ` +
      `${LOADS - 1} changes ${mib(vm.bytes)} MiB; each in at most ${Math.max(...seconds).toFixed(3)} s`,
  );
  check(first.seconds <= (MOST_SECONDS * Math.max(entries, 100_000)) / 100_000, `${text}: ${first.seconds} s`);
  check(first.bytes <= bound, `${text}: ${mib(first.bytes)} MiB of linear memory, more than ${mib(bound)}`);
  check(growth(first.again) <= MOST_GROWTH, `${text}: a second load adds ${percent(growth(first.again))}`);
  check(apart <= MOST_GROWTH, `${text}: ${LOADS - 1} more loads add ${percent(apart)}`);
  check(vm.bytes <= bound, `${text}: changes of policy take ${mib(vm.bytes)} MiB, more than ${mib(bound)}`);
};
for (const [name, form] of Object.entries(forms)) {
  const document = policy(list(entries, form));
  measure(`${entries} ${name}, JSON`, Buffer.from(JSON.stringify(document)));
  measure(`${entries} ${name}, Struct`, struct(document));
}

/** Microseconds of a decision under each of two lists in turn: the shortest of several rounds, since others work on
    this machine too. */
const headers = { ':method': 'GET', ':authority': 'api.example.com', ':path': '/orders', ':scheme': 'https' };
const decisions = (name, number, expected) => {
  vm.start();
  const plugins = [1, entries].map((length) => {
    const { root } = vm.configure(Buffer.from(JSON.stringify(policy(list(length, forms['with identities'])))));
    return { root, client: request(headers, fingerprint(number(length))), best: Infinity };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const plugin of plugins) {
      const began = performance.now();
      for (let sent = 0; sent < REQUESTS; sent += 1) {
        const verdict = vm.send(plugin.root, plugin.client);
        if (!verdict.includes(expected)) throw new Error(`${name}: ${verdict}`);
      }
      plugin.best = Math.min(plugin.best, ((performance.now() - began) * 1000) / REQUESTS);
    }
  }
  const [short, long] = plugins.map((plugin) => plugin.best);
  console.log(`a decision, ${name}: ${short.toFixed(2)} us under a list of 1, ${long.toFixed(2)} us of ${entries}`);
  check(long <= short * MOST_SLOWER, `a decision, ${name}: ${long} us, and ${short} us under a list of 1`);
};
decisions('listed', (length) => length >> 1, 'reason=allowed');
decisions('not listed', () => -1, 'reason=certificate_not_allowed');

for (const what of missed) console.error(`missed: ${what}`);
process.exitCode = missed.length === 0 ? 0 : 1;

// A proxy-wasm host for the shipped filter in Node's engine: what measurements of linear memory and of time need,
// and no more. What is not there answers as a host that does what it is told and knows nothing.
import { readFile } from 'node:fs/promises';

const [OK, NOT_FOUND] = [0, 1];
const PLUGIN_CONFIGURATION = 7;
const REQUEST_HEADERS = 0;

/** A VM with the module in it. */
export class Vm {
  #compiled;
  #exports;
  #contexts = 0;
  #configuration = Buffer.alloc(0);
  #request = { pairs: Buffer.alloc(0), properties: new Map() };
  #paths = new Map();
  #state = new Map();
  #metrics = 0;
  logs = [];

  static async load(path) {
    const vm = new Vm();
    vm.#compiled = await WebAssembly.compile(await readFile(path));
    return vm;
  }

  /** Starts the VM anew, with memory of its own. */
  start() {
    const own = this.#imports();
    const imports = { env: {}, wasi_snapshot_preview1: {} };
    for (const { module, name } of WebAssembly.Module.imports(this.#compiled)) {
      imports[module][name] = own[name] ?? (() => OK);
    }
    this.#exports = new WebAssembly.Instance(this.#compiled, imports).exports;
    this.#contexts = 0;
    this.#exports._initialize();
  }

  /** Bytes of linear memory: it never shrinks, so they are the most that was ever needed. */
  get bytes() {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Begins a plugin with a configuration, and says how many seconds that took. */
  configure(configuration) {
    this.#configuration = configuration;
    const root = ++this.#contexts;
    const began = performance.now();
    this.#exports.proxy_on_context_create(root, 0);
    const accepted = this.#exports.proxy_on_configure(root, configuration.length);
    const seconds = (performance.now() - began) / 1000;
    this.#configuration = Buffer.alloc(0);
    if (!accepted) throw new Error(`the policy is refused: ${this.logs.slice(0, 3).join('; ')}`);
    return { root, seconds };
  }

  /** Ends a plugin, as when another configuration has taken its place. */
  end(root) {
    this.#exports.proxy_on_delete(root);
  }

  /** Shows a plugin a request, and says what the filter made of it. */
  send(root, request) {
    this.#request = request;
    this.#state.clear();
    const stream = ++this.#contexts;
    this.#exports.proxy_on_context_create(stream, root);
    this.#exports.proxy_on_request_headers(stream, request.count, 1);
    this.#exports.proxy_on_delete(stream);
    return this.#state.get('peergate_verdict') ?? '';
  }

  #text(data, size) {
    return Buffer.from(this.#exports.memory.buffer, data, size).toString('latin1');
  }

  #write32(place, number) {
    new DataView(this.#exports.memory.buffer).setUint32(place, number, true);
  }

  // The host asks the module for room, and the bytes are the module's from then on.
  #give(bytes, place, size) {
    const data = bytes.length === 0 ? 0 : this.#exports.proxy_on_memory_allocate(bytes.length);
    Buffer.from(this.#exports.memory.buffer).set(bytes, data);
    this.#write32(place, data);
    this.#write32(size, bytes.length);
    return OK;
  }

  #imports() {
    return {
      proxy_log: (_level, data, size) => {
        if (this.logs.length < 100) this.logs.push(this.#text(data, size));
        return OK;
      },
      proxy_get_buffer_bytes: (buffer, start, length, place, size) => {
        if (buffer !== PLUGIN_CONFIGURATION) return NOT_FOUND;
        const end = Math.min(this.#configuration.length, start + (length >>> 0));
        return this.#give(this.#configuration.subarray(start, end), place, size);
      },
      proxy_get_header_map_pairs: (map, place, size) =>
        map === REQUEST_HEADERS ? this.#give(this.#request.pairs, place, size) : NOT_FOUND,
      proxy_get_property: (data, length, place, size) => {
        const value = this.#request.properties.get(this.#text(data, length));
        return value === undefined ? NOT_FOUND : this.#give(value, place, size);
      },
      proxy_set_property: (data, length, value, size) => {
        this.#state.set(this.#text(data, length), this.#text(value, size));
        return OK;
      },
      proxy_get_current_time_nanoseconds: (place) => this.#time(place),
      clock_time_get: (_clock, _precision, place) => this.#time(place),
      proxy_define_metric: (_kind, _name, _size, place) => {
        this.#write32(place, ++this.#metrics);
        return OK;
      },
      proxy_get_shared_data: () => NOT_FOUND,
      proc_exit: (code) => {
        throw new Error(`the module ended with ${code}`);
      },
    };
  }

  #time(place) {
    const now = BigInt(Date.now()) * 1_000_000n;
    new DataView(this.#exports.memory.buffer).setBigUint64(place, now, true);
    return OK;
  }
}

/** A request as the host shows it: header pairs as Envoy serialises them, and the fingerprint. */
export function request(headers, fingerprint) {
  const pairs = Object.entries(headers);
  const sizes = Buffer.alloc(4 + 8 * pairs.length);
  sizes.writeUInt32LE(pairs.length);
  const texts = [];
  pairs.forEach(([name, value], index) => {
    sizes.writeUInt32LE(name.length, 4 + 8 * index);
    sizes.writeUInt32LE(value.length, 8 + 8 * index);
    texts.push(`${name}\0${value}\0`);
  });
  const properties = new Map([
    ['connection\0tls_version', Buffer.from('TLSv1.3')],
    ['connection\0sha256_peer_certificate_digest', Buffer.from(fingerprint)],
  ]);
  const content = Buffer.from(texts.join(''), 'latin1');
  return { count: pairs.length, pairs: Buffer.concat([sizes, content]), properties };
}

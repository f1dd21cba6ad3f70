// Runs a wasm32-wasip1 test binary: node scripts/wasi-runner.mjs TEST.wasm [ARGUMENT…]
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const args = process.argv.slice(2);
// The whole file system, at its own paths: tests read the cases where they lie in the repository.
const wasi = new WASI({ version: 'preview1', args, env: process.env, preopens: { '/': '/' } });
const module = await WebAssembly.compile(await readFile(args[0]));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exit(wasi.start(instance));

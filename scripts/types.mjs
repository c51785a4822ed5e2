// Writes the types of the public API as one file: what the package's users import, and not every module's own.
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const bundle = await rollup({
  input: 'src/index.ts',
  external: ['commander'],
  plugins: [dts({ tsconfig: 'tsconfig.json' })],
});
await bundle.write({ file: 'dist/index.d.ts', format: 'es' });
await bundle.close();

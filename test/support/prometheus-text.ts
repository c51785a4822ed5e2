export interface Family {
  readonly type: string;
  readonly help: string;
  /** Value by name and labels as written: `fleet_agents{phase="Running"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sample = new RegExp(
  `^(${name})(\\{${label}(?:,${label})*\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$`,
);
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads Prometheus' text format 0.0.4 as strictly as `promtool check metrics`: every family once, with HELP and TYPE
 * before its samples, counters ending in `_total`, no sample twice, buckets that grow and end with `+Inf`. Throws at the
 * first fault.
 */
export function readPrometheusText(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line);
    if (comment !== null) {
      const [, kind, about = '', rest = ''] = comment;
      if (kind === 'HELP') {
        if (families.has(about)) throw new Error(`twice: ${line}`);
        families.set(about, { type: '', help: rest, samples: new Map() });
        family = about;
      } else if (about !== family || families.get(about)?.type !== '')
        throw new Error(`out of place: ${line}`);
      else families.get(about)!.type = rest;
      continue;
    }
    const match = sample.exec(line);
    const current = families.get(family);
    if (match === null || current === undefined) throw new Error(`not a sample: ${line}`);
    const [, full = '', labels = '', value = ''] = match;
    if (!suffixes[current.type]?.some((suffix) => full === family + suffix)) {
      throw new Error(`not of ${family} (${current.type}): ${line}`);
    }
    if (current.samples.has(full + labels)) throw new Error(`twice: ${line}`);
    current.samples.set(full + labels, Number(value.replace('Inf', 'Infinity')));
  }
  for (const [called, { type, samples }] of families) {
    if ((type === 'counter') !== called.endsWith('_total')) throw new Error(`badly named ${type}: ${called}`);
    if (type === 'histogram') checkBuckets(called, samples);
  }
  return families;
}

function checkBuckets(called: string, samples: ReadonlyMap<string, number>): void {
  const last = new Map<string, number>();
  for (const [key, value] of samples) {
    const bucket = /le="([^"]+)",?/.exec(key);
    if (bucket === null) continue;
    const series = key.replace(bucket[0], '');
    if (value < (last.get(series) ?? 0)) throw new Error(`buckets shrink: ${key}`);
    last.set(series, value);
    if (bucket[1] === '+Inf') {
      const count = key.replace(/_bucket\{(.*)\}/, (_, labels: string) => {
        const others = labels.split(',').filter((one) => !one.startsWith('le='));
        return `_count${others.length === 0 ? '' : `{${others.join(',')}}`}`;
      });
      if (samples.get(count) !== value) throw new Error(`${called}: +Inf is not the count: ${key}`);
    }
  }
}

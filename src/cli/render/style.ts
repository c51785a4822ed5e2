import pc from 'picocolors';

export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** Colour on a terminal that has it, where nobody said no. */
export function colourWanted(
  asked: boolean,
  terminal: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return asked && !noColour && terminal === true && env['TERM'] !== 'dumb';
}

export function styleFor(colour: boolean): Style {
  const { green, red, yellow, dim, bold } = pc.createColors(colour);
  return { good: green, bad: red, warn: yellow, dim, bold };
}

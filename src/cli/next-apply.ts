import { lockOwner } from '../host/lock.js';
import { controllerLock } from '../host/paths.js';
import type { Context } from './context.js';

/** Who does what the operator has just allowed, and how to watch or begin it. */
export function nextApply({ paths }: Context): string {
  const controller = lockOwner(controllerLock(paths));
  return controller === null
    ? 'Apply it with: fleet apply'
    : `The controller (pid ${controller.pid}) applies it by itself. Watch: fleet status -w`;
}

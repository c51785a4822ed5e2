import { lockOwner } from '../host/lock.js';
import { controllerLock } from '../host/paths.js';
import type { Context } from './context.js';
import { typed } from './typed.js';

/** Who does what the operator has just allowed, and how to watch or begin it. */
export function nextApply(context: Context): string {
  const controller = lockOwner(controllerLock(context.paths));
  return controller === null
    ? `Apply it with: ${typed(context, 'apply')}`
    : `The controller (pid ${controller.pid}) applies it by itself. Watch: fleet status -w`;
}

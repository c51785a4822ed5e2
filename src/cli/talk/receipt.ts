import type { Delivered } from '../../controller/deliver.js';
import type { DeliveryStatus, RefusalReason } from '../../controller/delivery.js';
import { visible } from '../../roster/visible.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { formatVersion } from '../render/plan-json.js';
import { jsonText } from '../render/json-text.js';

/** `left`: it waits in the outbox, as the sender allowed. */
export interface Receipt extends Omit<Delivered, 'status'> {
  readonly agent: string;
  readonly id: string;
  readonly status: DeliveryStatus | 'left';
  readonly elapsedMs: number;
}

/** With what its sender may do where it is a matter of time. One that does not run may be on its way: a restart is seen so, too. */
export const advised = ({ interrupted }: Context, made: Delivered): Delivered => {
  if (made.status !== 'refused' || interrupted()) return made;
  const advice = made.reason === null ? undefined : adviceOn[made.reason];
  return advice === undefined ? made : { ...made, message: `${made.message}${advice}` };
};

const adviceOn: Readonly<Partial<Record<RefusalReason, string>>> = {
  NotReady: '; try again, or leave it with --later',
  Busy: '; try again, or leave it with --later',
  Dead: '; or leave it with --later',
};

/** Tells the sender, as text or JSON. @returns the exit code */
export function giveReceipt(context: Context, receipt: Receipt, json: boolean): ExitCode {
  const { agent, id, status, reason, message, attempts, elapsedMs } = receipt;
  const good = status === 'delivered' || status === 'queued' || status === 'left';
  if (json) {
    const words = { formatVersion, agent, id, status, ...(reason === null ? {} : { reason }) };
    context.print(jsonText({ ...words, message, attempts, elapsedMs }));
  } else {
    const line = `${agent}: ${status}${reason === null ? '' : ` (${reason})`}: ${visible(message)}`;
    if (good) context.print(line);
    else context.say(line);
  }
  return good ? ExitCode.done : ExitCode.actionFailed;
}

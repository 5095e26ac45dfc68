/**
 * The one name that clients and workers have to agree on.
 */

/** The queue on which the saga's workers wait for work. */
export const TASK_QUEUE = "order-saga";

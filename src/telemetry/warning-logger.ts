/** Takes the warnings of this package: what is wrong, and what to do. */
export type WarningLogger = (message: string) => void;

/** The command has no answer: its message is one sentence that holds the fix. Exit code 2. */
export class CannotTell extends Error {}

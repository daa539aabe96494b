/** What to tell the user instead of a stack trace; exit code 1. */
export class Complaint extends Error {}

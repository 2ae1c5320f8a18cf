/** `tags` of @lezer/highlight, under the name that the bundle gives it. */
export const t: any;

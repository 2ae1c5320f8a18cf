/* The compiler's word for a processor's hint that Swift has no word for. */

/* Has the line of memory at `place` brought into the caches, and waits for nothing. No address is wrong: what cannot be read is not fetched. */
static inline void till_prefetch(const void *place) { __builtin_prefetch(place, 0, 3); }

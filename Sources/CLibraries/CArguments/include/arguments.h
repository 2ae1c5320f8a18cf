#ifndef TILL_ARGUMENTS_H
#define TILL_ARGUMENTS_H

/* What the process was started with. Swift reads /proc/self/cmdline for it, which a bare root directory does not have. */
int till_argument_count(void);

/* From 0, the program's name, to `till_argument_count() - 1`; lives as long as the process. */
const char *till_argument_at(int index);

#endif

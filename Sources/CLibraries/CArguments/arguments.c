#include "arguments.h"

static int count;
static char **arguments;

/* glibc gives what main is given to what runs before it, too. */
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    count = argc;
    arguments = argv;
}

int till_argument_count(void) { return count; }

const char *till_argument_at(int index) { return arguments[index]; }

// The files of the web console, as bytes of the binary.

#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

struct console_file {
    /// Below console/, as `core/api.js`.
    const char *path;
    const unsigned char *bytes;
    size_t byte_count;
};

size_t console_file_count(void);

/// `index` is below `console_file_count()`.
struct console_file console_file_at(size_t index);

#endif

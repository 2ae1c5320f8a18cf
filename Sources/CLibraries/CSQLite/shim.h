/* What commits change is asked for row by row, and the header tells how only to who says so. */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>

/* Variadic, which Swift does not import. */
static inline int till_sqlite3_leave_log_when_closing(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/* As above. Only before the first other call. */
static inline int till_sqlite3_count_no_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

import Glibc

/// `DATA/executions.sqlite`: definitions, executions and what they wait for.
///
/// All of an execution that a transition touches lies together in `pieces`, under its number: a commit writes the one or two pages of each execution that
/// went on, however many there are. Kinds of pieces, on disk, do not renumber:
///
///     0 the header   1 constants   2 a frame's head   3 a frame's body   4 an entry of the history   (ExecutionCoder, HistoryCoder)
///
/// `timers` also hold what an execution is to do by itself: number 0 goes on with it, -1 ends it, -2 ends its children.
enum ExecutionSchema {
    static let version: Int64 = 1

    /// How the `reason` of a task begins that has once ended as `awaited`, and whether one does. On disk: do not change.
    static let awaited = "[awaited] "
    static let isAwaited = "coalesce(substr(reason, 1, \(awaited.count)) = '\(awaited)', 0)"

    private static let text = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE processes(
            name TEXT PRIMARY KEY, version INTEGER NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE definitions(
            process TEXT NOT NULL, version INTEGER NOT NULL, definition BLOB NOT NULL, put_at INTEGER NOT NULL, PRIMARY KEY(process, version)) WITHOUT ROWID;
        CREATE TABLE schedules(
            process TEXT NOT NULL, rule INTEGER NOT NULL, next_at INTEGER NOT NULL, PRIMARY KEY(process, rule)) WITHOUT ROWID;
        CREATE INDEX schedules_at ON schedules(next_at);
        CREATE TABLE executions(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, process TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL,
            status INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, parent INTEGER, parent_serial INTEGER, parent_token TEXT,
            UNIQUE(process, owner, name));
        CREATE INDEX executions_owner ON executions(owner, number);
        CREATE INDEX executions_process ON executions(process, number);
        CREATE INDEX executions_status ON executions(status, number);
        CREATE UNIQUE INDEX executions_parent ON executions(parent, parent_serial) WHERE parent IS NOT NULL;
        CREATE INDEX executions_ended ON executions(ended_at) WHERE ended_at IS NOT NULL;
        CREATE TABLE pieces(
            execution INTEGER NOT NULL, kind INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(execution, kind, number)) WITHOUT ROWID;
        CREATE TABLE timers(
            execution INTEGER NOT NULL, serial INTEGER NOT NULL, frame INTEGER, at INTEGER NOT NULL, PRIMARY KEY(execution, serial)) WITHOUT ROWID;
        CREATE INDEX timers_at ON timers(at);
        CREATE TABLE tasks(
            execution INTEGER NOT NULL, serial INTEGER NOT NULL, resource TEXT NOT NULL, token TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
            visit INTEGER NOT NULL, attempt INTEGER NOT NULL, first_item INTEGER, depth INTEGER NOT NULL, input BLOB NOT NULL,
            created_at INTEGER NOT NULL, due_at INTEGER, try_count INTEGER NOT NULL DEFAULT 0, reason TEXT, PRIMARY KEY(execution, serial)) WITHOUT ROWID;
        CREATE INDEX tasks_due ON tasks(due_at) WHERE due_at IS NOT NULL;
        """

    /// Ends that are still to be reported, what callbacks said of tasks, timers of instants of the calendar (the others are the ends of durations), names of executions that are forgotten, and places of pages of items.
    /// Made where they are missing: the first files of this version have none.
    private static let later = """
        CREATE TABLE IF NOT EXISTS notices(
            number INTEGER PRIMARY KEY, execution INTEGER NOT NULL, ended_at INTEGER NOT NULL, status INTEGER NOT NULL, error TEXT);
        CREATE TABLE IF NOT EXISTS callbacks(
            execution INTEGER NOT NULL, serial INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(execution, serial)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS calendar_timers(execution INTEGER NOT NULL, serial INTEGER NOT NULL, PRIMARY KEY(execution, serial)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS names(
            process TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, id BLOB NOT NULL, status INTEGER NOT NULL, digest BLOB NOT NULL, until INTEGER NOT NULL,
            PRIMARY KEY(process, owner, name)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS names_until ON names(until);
        CREATE TABLE IF NOT EXISTS places(execution INTEGER NOT NULL, serial INTEGER NOT NULL, place BLOB NOT NULL, PRIMARY KEY(execution, serial)) WITHOUT ROWID;
        """

    /// Frames of the log after which it is copied into the file: so much is read again after a crash.
    private static let checkpointPageCount = 4_000

    /// Opens the file for the writer.
    ///
    /// - Throws: `SQLiteError`, also for a file of a later version.
    static func open(_ path: String, makes: Bool) throws -> SQLiteConnection? {
        guard makes || access(path, F_OK) == 0 else { return nil }
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL")
        try connection.execute("PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=\(checkpointPageCount)")
        let known = try connection.integer("PRAGMA user_version") ?? 0
        guard known != 0 else {
            try connection.transaction {
                try connection.execute(text)
                try connection.execute(later)
                try connection.execute("PRAGMA user_version = \(version)")
            }
            return connection
        }
        guard known == version else {
            throw SQLiteError(code: 11, message: "the file is of version \(known), this program knows \(version)", path: path)
        }
        try connection.execute(later)
        return connection
    }
}

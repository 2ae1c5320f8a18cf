/// The catalog's tables, as steps from one version to the next. On disk: add steps, never change one.
///
/// Instants are microseconds since 1970 and days are days since 1970, unless a step says otherwise; `ticket` is the ULID's 16 bytes, `ticket_id`
/// its text.
enum CatalogSchema {
    /// Step `i` takes a catalog from version `i` to `i + 1`.
    ///
    /// A new catalog takes all of them.
    static let migrations: [String] = [
        """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE types(
            name TEXT NOT NULL, version INTEGER NOT NULL, json BLOB NOT NULL, put_at INTEGER NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
            is_built_in INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(name, version)) WITHOUT ROWID;
        CREATE TABLE contracts(
            client_id TEXT PRIMARY KEY, name TEXT, access TEXT NOT NULL, scope TEXT NOT NULL, types TEXT, valid_from INTEGER,
            valid_to INTEGER, rate_per_second REAL, webhook_url TEXT, webhook_secret TEXT, callback_hosts TEXT NOT NULL DEFAULT '')
            WITHOUT ROWID;
        CREATE TABLE keys(
            client_id TEXT NOT NULL, id TEXT NOT NULL, secret_sha256 BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL,
            last_used_at INTEGER, PRIMARY KEY(client_id, id)) WITHOUT ROWID;
        CREATE TABLE hot_files(
            day INTEGER NOT NULL, part INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY(day, part)) WITHOUT ROWID;
        CREATE TABLE tables(
            name TEXT PRIMARY KEY, columns TEXT NOT NULL, cold_version INTEGER, cold_snapshot INTEGER, cold_rows INTEGER NOT NULL DEFAULT 0)
            WITHOUT ROWID;
        CREATE TABLE cold_objects(
            key TEXT PRIMARY KEY, table_name TEXT NOT NULL, kind TEXT NOT NULL, byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL,
            version INTEGER NOT NULL, replaced_at INTEGER) WITHOUT ROWID;
        CREATE INDEX cold_objects_table ON cold_objects(table_name, version);
        CREATE TABLE dictionaries(id INTEGER PRIMARY KEY, type TEXT NOT NULL, bytes BLOB NOT NULL, made_at INTEGER NOT NULL);
        CREATE TABLE quarantine(
            ticket BLOB PRIMARY KEY, client_id TEXT, received_at INTEGER NOT NULL, content_type TEXT NOT NULL, type TEXT,
            sha256 BLOB NOT NULL, problem TEXT NOT NULL, byte_count INTEGER NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
        CREATE UNIQUE INDEX quarantine_document ON quarantine(sha256, client_id);
        CREATE INDEX quarantine_client ON quarantine(client_id, ticket);
        """,
        """
        ALTER TABLE contracts ADD COLUMN webhook_previous_secret TEXT;
        ALTER TABLE contracts ADD COLUMN webhook_previous_until INTEGER;
        CREATE TABLE dead_letters(
            id TEXT PRIMARY KEY, position BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,
            reason TEXT NOT NULL, attempts INTEGER NOT NULL, ticket_id TEXT NOT NULL, client_id TEXT NOT NULL, receipt_id TEXT NOT NULL,
            type TEXT NOT NULL, business_day INTEGER NOT NULL, state TEXT NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
        """,
        """
        CREATE TABLE audit(
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, origin TEXT, action TEXT NOT NULL,
            target TEXT NOT NULL, request_id TEXT, ended_at INTEGER, outcome TEXT NOT NULL, status INTEGER, detail TEXT);
        """,
        // Documents lie in a table of their own order: in the leaf of an index each takes a page beside its own.
        """
        CREATE TABLE refused(
            id INTEGER PRIMARY KEY, ticket BLOB NOT NULL, client_id TEXT, received_at INTEGER NOT NULL, content_type TEXT NOT NULL, type TEXT,
            sha256 BLOB NOT NULL, problem TEXT NOT NULL, byte_count INTEGER NOT NULL, document BLOB NOT NULL);
        INSERT INTO refused(ticket, client_id, received_at, content_type, type, sha256, problem, byte_count, document)
            SELECT ticket, client_id, received_at, content_type, type, sha256, problem, byte_count, document FROM quarantine ORDER BY ticket;
        DROP TABLE quarantine;
        ALTER TABLE refused RENAME TO quarantine;
        CREATE UNIQUE INDEX quarantine_ticket ON quarantine(ticket);
        CREATE UNIQUE INDEX quarantine_document ON quarantine(sha256, client_id);
        CREATE INDEX quarantine_client ON quarantine(client_id, ticket);
        """,
        keysOfOperators,
        // What no version needs any more stays named until its file is gone: that name is the proof that it may go.
        "ALTER TABLE cold_objects ADD COLUMN obsolete_at INTEGER",
        damage,
        exports,
        // Of a session only hashes are kept: who reads the catalog signs in as nobody.
        """
        CREATE TABLE sessions(
            secret_sha256 BLOB PRIMARY KEY, key_sha256 BLOB, client_id TEXT, expires_at INTEGER, used_at INTEGER NOT NULL) WITHOUT ROWID;
        """,
        uploads,
        // By these a key is proved without being said, as SCRAM does. Keys of earlier versions have none.
        """
        CREATE TABLE key_verifiers(secret_sha256 BLOB PRIMARY KEY, stored_key BLOB NOT NULL, server_key BLOB NOT NULL) WITHOUT ROWID;
        """,
        // What a warehouse that was moved has left where it was, until it is gone there; an empty place is the store's own directory.
        """
        CREATE TABLE former_objects(
            place TEXT NOT NULL, table_name TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY(place, table_name, key)) WITHOUT ROWID;
        """,
        // Names of each, one a line; `*` for all.
        """
        ALTER TABLE contracts ADD COLUMN uses_queues TEXT;
        ALTER TABLE contracts ADD COLUMN uses_topics TEXT;
        ALTER TABLE contracts ADD COLUMN uses_processes TEXT;
        """,
        // Seconds and instants in microseconds.
        """
        ALTER TABLE contracts ADD COLUMN digest TEXT;
        CREATE TABLE notices(
            id TEXT PRIMARY KEY, client_id TEXT NOT NULL, event TEXT NOT NULL, body BLOB NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX notices_due ON notices(due_at, id);
        CREATE TABLE digest_spans(
            client_id TEXT NOT NULL, span_from INTEGER NOT NULL, span_to INTEGER NOT NULL, rejected INTEGER NOT NULL, PRIMARY KEY(client_id, span_from)) WITHOUT ROWID;
        CREATE TABLE digest_counts(
            client_id TEXT NOT NULL, span_from INTEGER NOT NULL, code TEXT NOT NULL, pointer TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY(client_id, span_from, code, pointer)) WITHOUT ROWID;
        CREATE TABLE digest_uploads(
            client_id TEXT NOT NULL, span_from INTEGER NOT NULL, upload_id TEXT NOT NULL, PRIMARY KEY(client_id, span_from, upload_id)) WITHOUT ROWID;
        """,
        // Who was there before sensitive columns were sees none.
        "ALTER TABLE contracts ADD COLUMN sensitive INTEGER NOT NULL DEFAULT 0",
        // JSON; NULL for none.
        "ALTER TABLE contracts ADD COLUMN subscriptions TEXT",
        // By client and day in UTC since 1970.
        """
        CREATE TABLE usage(
            client_id TEXT NOT NULL, day INTEGER NOT NULL, receipts INTEGER NOT NULL, bytes INTEGER NOT NULL, calls INTEGER NOT NULL,
            queries INTEGER NOT NULL, rows_scanned INTEGER NOT NULL, bytes_scanned INTEGER NOT NULL, exports_bytes INTEGER NOT NULL,
            webhooks INTEGER NOT NULL, PRIMARY KEY(client_id, day)) WITHOUT ROWID;
        """,
        // Columns that are being filled for rows that came before them, with the cold files that have them by now; and those that were.
        """
        CREATE TABLE rebuilds(
            id INTEGER PRIMARY KEY AUTOINCREMENT, table_name TEXT NOT NULL, column_name TEXT NOT NULL, through INTEGER NOT NULL, begun_at INTEGER NOT NULL,
            UNIQUE(table_name, column_name));
        CREATE TABLE rebuilt_files(rebuild INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(rebuild, key)) WITHOUT ROWID;
        CREATE TABLE rebuilt_columns(table_name TEXT NOT NULL, column_name TEXT NOT NULL, PRIMARY KEY(table_name, column_name)) WITHOUT ROWID;
        """,
        rollups,
        // SELECTs under a name; `columns` and `reads` are JSON.
        """
        CREATE TABLE views(
            name TEXT PRIMARY KEY, query TEXT NOT NULL, description TEXT, columns BLOB NOT NULL, reads BLOB NOT NULL, put_at INTEGER NOT NULL) WITHOUT ROWID;
        """,
        // Of `notices` those that were given up, until somebody has them sent again.
        """
        CREATE TABLE dead_notices(
            id TEXT PRIMARY KEY, client_id TEXT NOT NULL, event TEXT NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,
            died_at INTEGER NOT NULL) WITHOUT ROWID;
        """,
        // Whether the URL was replaced together with the secret before.
        "ALTER TABLE contracts ADD COLUMN webhook_previous_elsewhere INTEGER NOT NULL DEFAULT 0",
        // What an export's owner could see as its file was made. Of files that are there by now: what the contract says by now; not known (NULL) where its subscriptions say it.
        """
        ALTER TABLE exports ADD COLUMN scope TEXT;
        ALTER TABLE exports ADD COLUMN sensitive INTEGER;
        UPDATE exports SET
            scope = (SELECT c.scope FROM contracts AS c WHERE c.client_id = exports.client_id AND c.subscriptions IS NULL),
            sensitive = (SELECT c.sensitive FROM contracts AS c WHERE c.client_id = exports.client_id AND c.subscriptions IS NULL)
        WHERE state = 'DONE';
        """,
        // In which order versions of types were put, and behind which of them an export or an upload was made: by no clock, which may be set back. Of before, a type's versions are in the
        // order of their numbers, other rows where the clock has them, and none behind versions that are still to come. A row that says nothing is before all.
        // Of a refused document its reasons say it, and of those of before `quarantinePlaceKey`: to write it into each would write a gigabyte of documents anew.
        //
        // Each of these columns is written in every row at once: of one that a row has by its default alone the log would get no value (`docs/decisions/0001-libraries.md`).
        //
        // And which key has asked for an export; NULL of none that can be revoked, and of those of before.
        """
        ALTER TABLE types ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE exports ADD COLUMN types_place INTEGER NOT NULL DEFAULT -1;
        ALTER TABLE uploads ADD COLUMN types_place INTEGER NOT NULL DEFAULT -1;
        ALTER TABLE exports ADD COLUMN key_sha256 BLOB;
        UPDATE types SET place = (SELECT max(t.put_at) FROM types AS t WHERE t.name = types.name AND t.version <= types.version);
        UPDATE exports SET types_place = coalesce(min(created_at - 1, (SELECT max(place) FROM types)), -1);
        UPDATE uploads SET types_place = coalesce(min(created_at, (SELECT max(place) FROM types)), -1);
        INSERT OR REPLACE INTO meta(key, value) VALUES('\(quarantinePlaceKey)', coalesce((SELECT max(place) FROM types), -1));
        """,
    ]

    /// Of the last version of a type that was put before versions had places. A key of `meta`: do not rename.
    static let quarantinePlaceKey = "quarantine_types_place"

    /// Sums that are kept beside cold files. `part` is the file of a cold file's sums, `reason` why it has none for good. Of `tables`, those of such sums
    /// stand in `rollup_tables`, with the number of the rollup that they were made for.
    private static let rollups = """
        CREATE TABLE rollup_tables(name TEXT PRIMARY KEY, rollup INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE rollups(
            name TEXT PRIMARY KEY, number INTEGER NOT NULL, json BLOB NOT NULL, put_at INTEGER NOT NULL, is_built_in INTEGER NOT NULL DEFAULT 0,
            is_deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE rollup_files(
            rollup TEXT NOT NULL, file TEXT NOT NULL, part TEXT, row_count INTEGER NOT NULL, last_sequence INTEGER NOT NULL, reason TEXT,
            PRIMARY KEY(rollup, file)) WITHOUT ROWID;
        CREATE INDEX rollup_files_part ON rollup_files(rollup, part);
        """

    /// Cold files that were found damaged, and documents of their rows that were sent again, until the files are written anew.
    private static let damage = """
        CREATE TABLE damaged_files(
            table_name TEXT NOT NULL, location TEXT NOT NULL, row_group INTEGER, reason TEXT NOT NULL, found_at INTEGER NOT NULL,
            PRIMARY KEY(table_name, location)) WITHOUT ROWID;
        CREATE TABLE brought(
            table_name TEXT NOT NULL, sequence INTEGER NOT NULL, columns TEXT NOT NULL, encoded BLOB NOT NULL, document BLOB NOT NULL,
            UNIQUE(table_name, sequence));
        """

    /// Answers that leave as files. No client is the administrator's.
    private static let exports = """
        CREATE TABLE exports(
            id TEXT PRIMARY KEY, client_id TEXT, name TEXT NOT NULL, format TEXT NOT NULL, request BLOB NOT NULL, created_at INTEGER NOT NULL,
            expires_in INTEGER NOT NULL, state TEXT NOT NULL, ended_at INTEGER, expires_at INTEGER, row_count INTEGER NOT NULL DEFAULT 0,
            byte_count INTEGER NOT NULL DEFAULT 0, sha256 TEXT, file_name TEXT, problem BLOB) WITHOUT ROWID;
        CREATE INDEX exports_time ON exports(created_at, id);
        CREATE INDEX exports_state ON exports(state, created_at);
        """

    /// Files of records that clients send whole, and what was wrong with which record. No owner is the administrator.
    private static let uploads = """
        CREATE TABLE uploads(
            id TEXT PRIMARY KEY, owner_id TEXT, client_id TEXT, name TEXT NOT NULL, type TEXT, content_type TEXT, byte_count INTEGER, sha256 TEXT,
            created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL, received_bytes INTEGER NOT NULL DEFAULT 0, coding TEXT, started_at INTEGER,
            ended_at INTEGER, accepted INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0, replaced INTEGER NOT NULL DEFAULT 0,
            rejected INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0, record_count INTEGER, chunk_sequence INTEGER NOT NULL DEFAULT 0,
            first_sequence INTEGER NOT NULL DEFAULT 0, tables TEXT NOT NULL DEFAULT '', problem BLOB, revert_stage INTEGER NOT NULL DEFAULT 0,
            reverted INTEGER NOT NULL DEFAULT 0, left_alone INTEGER NOT NULL DEFAULT 0, revert_position INTEGER NOT NULL DEFAULT 0,
            revert_sequence INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE INDEX uploads_time ON uploads(created_at, id);
        CREATE INDEX uploads_owner ON uploads(owner_id, state);
        CREATE INDEX uploads_state ON uploads(state, created_at);
        CREATE INDEX uploads_revert ON uploads(created_at, id) WHERE revert_stage = 1;
        CREATE TABLE upload_errors(
            upload_id TEXT NOT NULL, record INTEGER NOT NULL, receipt_id TEXT, errors BLOB NOT NULL, columns BLOB NOT NULL,
            PRIMARY KEY(upload_id, record)) WITHOUT ROWID;
        """

    /// Keys have a label and an end; those who run the store have keys of their own, each with a role.
    private static let keysOfOperators = """
        ALTER TABLE keys ADD COLUMN label TEXT;
        ALTER TABLE keys ADD COLUMN expires_at INTEGER;
        CREATE TABLE operator_keys(
            id TEXT PRIMARY KEY, role TEXT NOT NULL, label TEXT, secret_sha256 BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL,
            expires_at INTEGER, last_used_at INTEGER) WITHOUT ROWID;
        """
}

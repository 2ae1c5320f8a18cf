internal import ColumnStore
internal import Query

/// What SET changes, SHOW shows and a new session begins with: the settings of PostgreSQL 15 that clients touch. Some mean something here (`timezone`,
/// `statement_timeout`), the others are kept and shown.
package struct SessionSettings: Sendable {
    private struct Known: Sendable {
        let name: String
        let value: String
        /// Reported in ParameterStatus when it changes, by this spelling.
        var reported: String?
        var isFixed = false
    }

    private static let known: [Known] = [
        Known(name: "application_name", value: "", reported: "application_name"), Known(name: "client_encoding", value: "UTF8", reported: "client_encoding"),
        Known(name: "datestyle", value: "ISO, MDY", reported: "DateStyle"), Known(name: "default_transaction_read_only", value: "on", reported: "default_transaction_read_only"),
        Known(name: "in_hot_standby", value: "off", reported: "in_hot_standby", isFixed: true), Known(name: "integer_datetimes", value: "on", reported: "integer_datetimes", isFixed: true),
        Known(name: "intervalstyle", value: "postgres", reported: "IntervalStyle"), Known(name: "is_superuser", value: "off", reported: "is_superuser", isFixed: true),
        Known(name: "server_encoding", value: "UTF8", reported: "server_encoding", isFixed: true), Known(name: "server_version", value: "15.0", reported: "server_version", isFixed: true),
        Known(name: "session_authorization", value: "", reported: "session_authorization"), Known(name: "standard_conforming_strings", value: "on", reported: "standard_conforming_strings"),
        Known(name: "timezone", value: "UTC", reported: "TimeZone"),
        Known(name: "server_version_num", value: "150000", isFixed: true), Known(name: "max_identifier_length", value: "63", isFixed: true), Known(name: "block_size", value: "8192", isFixed: true),
        Known(name: "max_index_keys", value: "32", isFixed: true), Known(name: "ssl", value: "off", isFixed: true), Known(name: "max_function_args", value: "100", isFixed: true),
        Known(name: "lc_collate", value: "C", isFixed: true), Known(name: "lc_ctype", value: "C.UTF-8", isFixed: true), Known(name: "transaction_read_only", value: "on"),
        Known(name: "search_path", value: "\"$user\", public"), Known(name: "statement_timeout", value: "0"), Known(name: "lock_timeout", value: "0"),
        Known(name: "idle_in_transaction_session_timeout", value: "0"), Known(name: "idle_session_timeout", value: "0"), Known(name: "extra_float_digits", value: "1"), Known(name: "bytea_output", value: "hex"),
        Known(name: "xmloption", value: "content"), Known(name: "client_min_messages", value: "notice"), Known(name: "default_transaction_isolation", value: "repeatable read"),
        Known(name: "transaction_isolation", value: "repeatable read"), Known(name: "default_transaction_deferrable", value: "off"), Known(name: "transaction_deferrable", value: "off"),
        Known(name: "row_security", value: "off"), Known(name: "synchronous_commit", value: "on"), Known(name: "jit", value: "off"), Known(name: "work_mem", value: "4MB"), Known(name: "maintenance_work_mem", value: "64MB"),
        Known(name: "enable_seqscan", value: "on"), Known(name: "enable_indexscan", value: "on"), Known(name: "enable_bitmapscan", value: "on"), Known(name: "enable_hashjoin", value: "on"),
        Known(name: "enable_mergejoin", value: "on"), Known(name: "enable_nestloop", value: "on"), Known(name: "enable_sort", value: "on"), Known(name: "geqo", value: "on"), Known(name: "random_page_cost", value: "4"),
        Known(name: "cursor_tuple_fraction", value: "0.1"), Known(name: "default_tablespace", value: ""), Known(name: "temp_tablespaces", value: ""), Known(name: "lc_messages", value: "C"), Known(name: "lc_monetary", value: "C"),
        Known(name: "lc_numeric", value: "C"), Known(name: "rollups", value: "on"), Known(name: "lc_time", value: "C"), Known(name: "role", value: "none"), Known(name: "check_function_bodies", value: "on"), Known(name: "escape_string_warning", value: "on"),
        // Asked by name, by those who compare: they mean nothing here.
        Known(name: "default_table_access_method", value: "heap"), Known(name: "default_toast_compression", value: "pglz"), Known(name: "default_text_search_config", value: "pg_catalog.simple"),
        Known(name: "array_nulls", value: "on"), Known(name: "backslash_quote", value: "safe_encoding"), Known(name: "constraint_exclusion", value: "partition"), Known(name: "default_statistics_target", value: "100"),
        Known(name: "effective_cache_size", value: "4GB"), Known(name: "seq_page_cost", value: "1"), Known(name: "cpu_tuple_cost", value: "0.01"), Known(name: "timezone_abbreviations", value: "Default"),
        Known(name: "transform_null_equals", value: "off"), Known(name: "max_parallel_workers_per_gather", value: "2"), Known(name: "enable_partition_pruning", value: "on"), Known(name: "plan_cache_mode", value: "auto"),
        Known(name: "shared_buffers", value: "128MB", isFixed: true), Known(name: "max_connections", value: "100", isFixed: true), Known(name: "wal_level", value: "replica", isFixed: true), Known(name: "fsync", value: "on", isFixed: true),
        Known(name: "data_checksums", value: "off", isFixed: true), Known(name: "max_prepared_transactions", value: "0", isFixed: true), Known(name: "wal_block_size", value: "8192", isFixed: true), Known(name: "autovacuum", value: "on", isFixed: true),
        Known(name: "quote_all_identifiers", value: "off"), Known(name: "tcp_keepalives_idle", value: "0"), Known(name: "password_encryption", value: "scram-sha-256"),
        // Set by those who want other plans of PostgreSQL's, and by pg_dump.
        Known(name: "synchronize_seqscans", value: "on"), Known(name: "enable_hashagg", value: "on"), Known(name: "enable_material", value: "on"), Known(name: "enable_memoize", value: "on"),
        Known(name: "enable_incremental_sort", value: "on"), Known(name: "enable_indexonlyscan", value: "on"), Known(name: "enable_tidscan", value: "on"), Known(name: "enable_gathermerge", value: "on"),
        Known(name: "enable_parallel_append", value: "on"), Known(name: "enable_parallel_hash", value: "on"), Known(name: "enable_partitionwise_join", value: "off"),
        Known(name: "enable_partitionwise_aggregate", value: "off"), Known(name: "geqo_threshold", value: "12"), Known(name: "join_collapse_limit", value: "8"), Known(name: "from_collapse_limit", value: "8"),
        Known(name: "max_parallel_workers", value: "8"), Known(name: "cpu_index_tuple_cost", value: "0.005"), Known(name: "cpu_operator_cost", value: "0.0025"),
        Known(name: "parallel_setup_cost", value: "1000"), Known(name: "parallel_tuple_cost", value: "0.1"), Known(name: "xmlbinary", value: "base64"), Known(name: "tcp_keepalives_interval", value: "0"),
        Known(name: "tcp_keepalives_count", value: "0"), Known(name: "tcp_user_timeout", value: "0"),
    ]
    private static let ofTransactions = ["transaction_isolation", "transaction_read_only", "transaction_deferrable"]
    /// Any text may be asked for: longer ones than names are, none is compared with.
    private static func known(_ name: String) -> Known? { name.utf8.count <= nameMax ? byName[name] : nil }
    private static let byName: [String: Known] = Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0) })
    /// Bounds of what a session keeps: names of anybody's own, bytes of one and of a value.
    private static let customMax = 64, nameMax = 127, valueMax = 64 << 10

    /// What was set together; never changed, so that two references to one instance are known to be equal without a look inside.
    private final class Values: Sendable {
        let byName: [String: String]
        let timeZone: String
        /// In milliseconds; 0 for none.
        let statementTimeout: Int
        let usesRollups: Bool
        let dateOrder: DateOrder
        let forms: ValueForms
        let byteCount: Int

        init(_ byName: [String: String]) {
            self.byName = byName
            timeZone = byName["timezone"] ?? "UTC"
            statementTimeout = byName["statement_timeout"].flatMap(SettingValues.milliseconds) ?? 0
            usesRollups = byName["rollups"] != "off"
            dateOrder = byName["datestyle"].flatMap { DateOrder(rawValue: $0.suffix(3).lowercased()) } ?? .mdy
            forms = ValueForms(
                intervals: byName["intervalstyle"].flatMap { IntervalStyle(rawValue: $0) } ?? .postgres, escapesBytes: byName["bytea_output"] == "escape",
                extraFloatDigits: byName["extra_float_digits"].flatMap { Int($0) }.flatMap { $0 > 0 ? nil : $0 }, dates: Values.dates(byName["datestyle"] ?? "", dateOrder))
            byteCount = byName.reduce(0) { $0.addingSaturating($1.key.utf8.count).addingSaturating($1.value.utf8.count) }
        }

        /// The style by the first word of DateStyle, as it is shown.
        private static func dates(_ shown: String, _ order: DateOrder) -> DateStyle? {
            switch String(shown.prefix { $0 != "," }) {
            case "SQL": .sql(isDayFirst: order == .dmy)
            case "Postgres": .postgres(isDayFirst: order == .dmy)
            case "German": .german
            default: nil
            }
        }
    }

    private var defaults: [String: String]
    private var stored: Values
    private var values: [String: String] {
        get { stored.byName }
        set { stored = Values(newValue) }
    }

    /// - Parameters:
    ///   - startup: what the client asked for when it connected, which RESET comes back to.
    ///   - offersTLS: whether the door has a certificate.
    package init(_ startup: [StartupMessage.Startup.Parameter] = [], user: String = "", version: String = "15.0", offersTLS: Bool = false) throws(PostgresFault) {
        defaults = Self.byName.mapValues(\.value)
        defaults["session_authorization"] = user
        defaults["ssl"] = offersTLS ? "on" : "off"
        defaults["server_version"] = version
        stored = Values(defaults)
        for parameter in startup where !["user", "database", "options", "replication"].contains(parameter.name) && !parameter.name.hasPrefix("_pq_.") {
            try set(parameter.name.lowercased(), parameter.value)
        }
        defaults = values
    }

    /// The session's time zone, by a name that there is.
    package var zone: String { stored.timeZone }
    /// In milliseconds; 0 for none.
    package var statementTimeout: Int { stored.statementTimeout }
    /// Whether sums that were made before may answer.
    package var usesRollups: Bool { stored.usesRollups }
    /// How values are written.
    var forms: ValueForms { stored.forms }
    /// By which times and dates in texts are read, and values written where a question makes texts of them.
    struct Reading: Hashable {
        var zone = "UTC", order = DateOrder.mdy, forms = ValueForms.plain

        /// What of it decides what texts of parameters say.
        var texts: TextSession { TextSession(order: order, zone: (try? TimeZoneDatabase.system.rules(for: zone)) ?? .utc, intervals: forms.intervals) }
    }
    var reading: Reading { Reading(zone: stored.timeZone, order: stored.dateOrder, forms: stored.forms) }
    /// Of all names and values.
    var byteCount: Int { stored.byteCount }
    /// Whether a client wants to hear of what is no error.
    var hearsWarnings: Bool { values["client_min_messages"] != "error" }
    /// Whether nothing was set since: cheap to ask after each message.
    func isSame(as other: SessionSettings) -> Bool { stored === other.stored }

    package subscript(name: String) -> String? { name.utf8.count <= Self.nameMax ? values[name.lowercased()] : nil }

    /// All by name, in order, as PostgreSQL spells them.
    package var all: [(name: String, value: String)] { values.sorted { $0.key < $1.key }.map { (Self.byName[$0.key]?.reported ?? $0.key, $0.value) } }

    /// Whether it is on or off.
    static func isSwitch(_ name: String) -> Bool { known(name).map { $0.value == "on" || $0.value == "off" } ?? false }
    static func isFixed(_ name: String) -> Bool { known(name)?.isFixed ?? false }
    /// What RESET comes back to: what the client asked for when it connected, or else what is built in; nil for a setting that the session did not begin with.
    func resetValue(_ name: String) -> String? { defaults[name] }
    /// What it is where nobody says another value.
    static func builtIn(_ name: String) -> String? { known(name)?.value }

    /// Those that are reported to clients, as PostgreSQL spells them.
    package var reported: [(name: String, value: String)] {
        Self.known.compactMap { known in known.reported.map { ($0, values[known.name] ?? known.value) } }
    }

    /// - Parameter value: nil for the session's default.
    package mutating func set(_ name: String, _ value: String?) throws(PostgresFault) {
        guard let known = Self.known(name) else {
            // A name with a point is anybody's own.
            guard name.utf8.count <= Self.nameMax, name.contains("."), values.count < Self.byName.count + Self.customMax || values[name] != nil else {
                throw PostgresFault(.undefinedObject, "unrecognized configuration parameter \"\(name)\"")
            }
            values[name] = try Self.bounded(name, value ?? "")
            return
        }
        guard let value else {
            values[name] = defaults[name]
            return
        }
        guard !known.isFixed else { throw PostgresFault(SQLState(rawValue: "55P02"), "parameter \"\(name)\" cannot be changed") }
        values[name] = try Self.checked(name, Self.bounded(name, value), values, defaults)
    }

    private static func bounded(_ name: String, _ value: String) throws(PostgresFault) -> String {
        guard value.utf8.count <= valueMax || name == "application_name" else {
            throw PostgresFault(.invalidParameterValue, "the value of parameter \"\(name)\" has \(value.utf8.count) bytes; it may have \(valueMax)")
        }
        // Of that one only bytes are looked at.
        guard name == "application_name" || !CombiningMarks.hasLongRun(value) else { throw .marks }
        return value
    }

    /// - Parameter isWithin: a transaction runs, of which stays what it was begun with.
    package mutating func resetAll(withinTransaction isWithin: Bool = false) {
        var next = defaults
        for name in ["session_authorization"] + (isWithin ? Self.ofTransactions : []) { next[name] = values[name] }
        values = next
    }

    /// An encoding that clients may have, as PostgreSQL spells it; nil for another. Names are compared as there: by their letters and digits.
    ///
    /// SQL_ASCII is no encoding: bytes go out as they are, and what comes is read as UTF-8 either way. libpq's `auto` asks for it in the C locale, as psql does.
    static func encoding(named name: String) -> String? {
        switch String(name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }) {
        case "utf8", "unicode": "UTF8"
        case "sqlascii": "SQL_ASCII"
        default: nil
        }
    }

    private static func checked(_ name: String, _ value: String, _ values: [String: String], _ defaults: [String: String]) throws(PostgresFault) -> String {
        func invalid(_ hint: String? = nil, detail: String? = nil) -> PostgresFault {
            PostgresFault(.invalidParameterValue, "invalid value for parameter \"\(byName[name]?.reported ?? name)\": \"\(value)\"", detail: detail, hint: hint)
        }
        switch name {
        case "client_encoding":
            guard let known = Self.encoding(named: value) else { throw invalid() }
            return known
        case "standard_conforming_strings":
            // Statements are cut by it: with `off` a text would end elsewhere.
            guard ["on", "true", "yes", "1"].contains(value.lowercased()) else { throw invalid() }
            return "on"
        case "datestyle":
            var style = DateStyleSetting(values[name] ?? "ISO, MDY")
            do throws(DateStyleSetting.Fault) {
                try style.take(value, reset: defaults[name] ?? "ISO, MDY")
            } catch {
                throw invalid(detail: error.detail)
            }
            return style.shown
        case "intervalstyle":
            guard let style = IntervalStyle(rawValue: value.lowercased()) else { throw invalid("Available values: postgres, postgres_verbose, sql_standard, iso_8601.") }
            return style.rawValue
        case "timezone":
            // Local times mean something only where the name is known.
            guard let rules = try? TimeZoneDatabase.system.rules(setting: value) else { throw invalid() }
            // UTC has several names; the one that was said is shown.
            if rules.name == "UTC", (try? TimeZoneDatabase.system.rules(for: value)) != nil { return value }
            return rules.name
        case "session_authorization", "role":
            // There are no roles to take on but one's own.
            let own = values["session_authorization"] ?? ""
            guard own.isEmpty || value == own || name == "role" && value.lowercased() == "none" else {
                throw PostgresFault(.invalidParameterValue, "role \"\(value)\" does not exist", hint: "A session has the rights of the contract that it connected as.")
            }
            return name == "role" && value.lowercased() == "none" ? "none" : value
        case "default_transaction_read_only", "transaction_read_only":
            guard SettingValues.flag(value) != nil else { throw invalid(SettingValues.advice(name)) }
            return "on"
        case "array_nulls", "transform_null_equals":
            // With another value texts of lists, and `x = NULL`, would mean what they do not mean here.
            guard let shown = SettingValues.shown(name, value), shown == byName[name]?.value else { throw invalid() }
            return shown
        default:
            guard let shown = SettingValues.shown(name, value) else { throw invalid(SettingValues.advice(name)) }
            return shown
        }
    }
}

extension SessionSettings: Equatable {
    package static func == (one: SessionSettings, other: SessionSettings) -> Bool { one.isSame(as: other) || one.values == other.values && one.defaults == other.defaults }
}

internal import ColumnStore

/// What a setting's value may be, and how it is shown, as PostgreSQL's own settings have it: by their kind, whether they mean something here or not.
enum SettingValues {
    private enum Kind {
        case flag
        case words([String])
        case integer(ClosedRange<Int>)
        /// Not below 0.
        case real
        /// Milliseconds unless it says.
        case time
        /// Of so many bytes unless it says.
        case size(unit: Int, min: Int)
        /// Names with commas between.
        case names
        /// Cut to a name's length, of printable ASCII.
        case label
    }

    private static let levels = ["serializable", "repeatable read", "read committed", "read uncommitted"]

    private static let kinds: [String: Kind] = {
        let flags = [
            "standard_conforming_strings", "default_transaction_deferrable", "transaction_deferrable", "row_security", "jit", "enable_seqscan", "enable_indexscan", "enable_bitmapscan", "enable_hashjoin",
            "enable_mergejoin", "enable_nestloop", "enable_sort", "geqo", "check_function_bodies", "escape_string_warning", "array_nulls", "transform_null_equals", "enable_partition_pruning",
            "quote_all_identifiers", "rollups", "default_transaction_read_only", "transaction_read_only", "synchronize_seqscans", "enable_hashagg", "enable_material", "enable_memoize",
            "enable_incremental_sort", "enable_indexonlyscan", "enable_tidscan", "enable_gathermerge", "enable_parallel_append", "enable_parallel_hash", "enable_partitionwise_join",
            "enable_partitionwise_aggregate",
        ]
        let words = [
            "client_min_messages": ["debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error"], "default_transaction_isolation": levels, "transaction_isolation": levels,
            "xmloption": ["content", "document"], "backslash_quote": ["safe_encoding", "on", "off", "true", "false", "yes", "no", "1", "0"], "bytea_output": ["escape", "hex"],
            "constraint_exclusion": ["partition", "on", "off", "true", "false", "yes", "no", "1", "0"], "plan_cache_mode": ["auto", "force_generic_plan", "force_custom_plan"],
            "synchronous_commit": ["local", "remote_write", "remote_apply", "on", "off", "true", "false", "yes", "no", "1", "0"], "password_encryption": ["md5", "scram-sha-256"],
            "default_toast_compression": ["pglz", "lz4"], "xmlbinary": ["base64", "hex"],
        ]
        let others: [String: Kind] = [
            "statement_timeout": .time, "lock_timeout": .time, "idle_in_transaction_session_timeout": .time, "idle_session_timeout": .time, "extra_float_digits": .integer(-15...3),
            "default_statistics_target": .integer(1...10_000), "max_parallel_workers_per_gather": .integer(0...1_024), "tcp_keepalives_idle": .integer(0...Int(Int32.max)), "random_page_cost": .real,
            "seq_page_cost": .real, "cpu_tuple_cost": .real, "cpu_index_tuple_cost": .real, "cpu_operator_cost": .real, "parallel_setup_cost": .real, "parallel_tuple_cost": .real, "cursor_tuple_fraction": .real, "work_mem": .size(unit: 1 << 10, min: 64 << 10), "maintenance_work_mem": .size(unit: 1 << 10, min: 1 << 20),
            "effective_cache_size": .size(unit: 8 << 10, min: 8 << 10), "search_path": .names, "application_name": .label,
            "geqo_threshold": .integer(2...Int(Int32.max)), "join_collapse_limit": .integer(1...Int(Int32.max)), "from_collapse_limit": .integer(1...Int(Int32.max)), "max_parallel_workers": .integer(0...1_024),
            "tcp_keepalives_interval": .integer(0...Int(Int32.max)), "tcp_keepalives_count": .integer(0...Int(Int32.max)), "tcp_user_timeout": .time,
        ]
        return Dictionary(flags.map { ($0, Kind.flag) } + words.map { ($0, Kind.words($1)) } + others.map { ($0, $1) }, uniquingKeysWith: { $1 })
    }()

    /// As it is shown, in the double optional's sense: nil for a value that it cannot have.
    static func shown(_ name: String, _ value: String) -> String? {
        switch kinds[name] {
        case .flag?: flag(value).map { $0 ? "on" : "off" }
        case .words(let words)?: words.first { $0 == value.lowercased() }
        case .integer(let range)?: Int(trimmed(value)).flatMap { range.contains($0) ? String($0) : nil }
        case .real?: Double(trimmed(value)).flatMap { $0 >= 0 && $0.isFinite ? trimmed(value) : nil }
        case .time?: milliseconds(value).map { inUnits($0, [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)]) }
        case .size(let unit, let least)?:
            quantity(value, ["": Double(unit), "B": 1, "kB": 1_024, "MB": 1_048_576, "GB": 1_073_741_824, "TB": 1_099_511_627_776], max: 1_024 * Double(Int32.max)).flatMap { bytes in
                bytes >= least ? inUnits(bytes, [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)]) : nil
            }
        case .label?: String(decoding: value.utf8.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }.prefix(63), as: UTF8.self)
        case .names?, nil: value
        }
    }

    /// What the setting takes, in PostgreSQL's words where it has a hint; nil where any text does.
    static func advice(_ name: String) -> String? {
        switch kinds[name] {
        case .flag?: "It takes on or off."
        case .words(let words)?: "Available values: \(words.joined(separator: ", "))."
        case .integer(let range)?: "It takes a number from \(range.lowerBound) to \(range.upperBound)."
        case .real?: "It takes a number that is not negative."
        case .time?: "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."
        case .size?: "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."
        case .label?, .names?, nil: nil
        }
    }

    /// What `pg_settings` says of a value: the least and the greatest, in the setting's unit, and the words that it may be.
    struct Bounds: Equatable {
        var least: String?, greatest: String?
        var words: [String]?
    }

    private static let greatestReal = "1.79769e+308"
    /// Of those that nobody sets.
    private static let ofFixed: [String: Bounds] = [
        "block_size": Bounds(least: "8192", greatest: "8192"), "wal_block_size": Bounds(least: "8192", greatest: "8192"), "max_function_args": Bounds(least: "100", greatest: "100"),
        "max_identifier_length": Bounds(least: "63", greatest: "63"), "max_index_keys": Bounds(least: "32", greatest: "32"), "max_connections": Bounds(least: "1", greatest: "262143"),
        "max_prepared_transactions": Bounds(least: "0", greatest: "262143"), "shared_buffers": Bounds(least: "16", greatest: "1073741823"),
        "server_version_num": Bounds(least: "150000", greatest: "150000"), "wal_level": Bounds(words: ["minimal", "replica", "logical"]),
        "intervalstyle": Bounds(words: ["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
    ]
    /// Other words for the same, which PostgreSQL takes and does not list.
    private static let unlistedWords: Set<String> = ["debug", "true", "false", "yes", "no", "1", "0"]

    static func bounds(_ name: String) -> Bounds {
        switch kinds[name] {
        case .integer(let range)?: Bounds(least: "\(range.lowerBound)", greatest: "\(range.upperBound)")
        case .time?: Bounds(least: "0", greatest: "\(Int32.max)")
        case .real?: Bounds(least: "0", greatest: name == "cursor_tuple_fraction" ? "1" : greatestReal)
        case .size(let unit, let least)?: Bounds(least: "\(least / unit)", greatest: "\(Int32.max)")
        case .words(let words)?: Bounds(words: words.filter { !unlistedWords.contains($0) })
        case .flag?, .names?, .label?, nil: ofFixed[name] ?? Bounds()
        }
    }

    /// Whether its value is a list of names, each of which is shown in quotes where SQL would fold it.
    static func isOfNames(_ name: String) -> Bool { if case .names? = kinds[name] { true } else { false } }

    static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.first.map { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F } ?? false
        let isWhole = name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F || $0 == 0x24 }
        return isPlain && isWhole ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    private static func trimmed(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

    /// `on`, `off` and the like, and what begins one of them and no other.
    static func flag(_ text: String) -> Bool? {
        let text = text.lowercased()
        if text == "1" || text == "0" { return text == "1" }
        guard !text.isEmpty, text != "o" else { return nil }
        if ["true", "yes", "on"].contains(where: { $0.hasPrefix(text) }) { return true }
        return ["false", "no", "off"].contains { $0.hasPrefix(text) } ? false : nil
    }

    /// `250`, `5s`, `1.5min`: milliseconds unless it says.
    static func milliseconds(_ text: String) -> Int? {
        quantity(text, ["": 1, "us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000], max: Double(Int32.max))
    }

    private static func quantity(_ text: String, _ units: [String: Double], max: Double) -> Int? {
        let text = trimmed(text)
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = String(text.dropFirst(digits.count).drop { $0 == " " })
        guard let number = Double(digits), let factor = units[unit] else { return nil }
        let value = (number * factor).rounded(.toNearestOrEven)
        return value <= max ? Int(exactly: value) : nil
    }

    private static func inUnits(_ value: Int, _ units: [(name: String, size: Int)]) -> String {
        guard value > 0, let unit = units.first(where: { value % $0.size == 0 }) else { return "\(value)" }
        return "\(value / unit.size)\(unit.name)"
    }
}

internal import ColumnStore

/// A setting as `pg_settings` has it: numbers in the unit that it names.
struct SystemSetting {
    let type: String
    let unit: String?
    /// Without its unit.
    let value: String

    private static let units: [String: String] = [
        "effective_cache_size": "8kB", "shared_buffers": "8kB", "maintenance_work_mem": "kB", "work_mem": "kB", "idle_in_transaction_session_timeout": "ms", "idle_session_timeout": "ms",
        "lock_timeout": "ms", "statement_timeout": "ms", "tcp_keepalives_idle": "s", "tcp_keepalives_interval": "s", "tcp_user_timeout": "ms",
    ]
    private static let integers: Set<String> = [
        "block_size", "default_statistics_target", "extra_float_digits", "max_connections", "max_function_args", "max_identifier_length", "max_index_keys",
        "max_parallel_workers_per_gather", "max_prepared_transactions", "server_version_num", "wal_block_size", "geqo_threshold", "join_collapse_limit", "from_collapse_limit",
        "max_parallel_workers", "tcp_keepalives_count",
    ]
    private static let reals: Set<String> = [
        "cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost", "cursor_tuple_fraction", "parallel_setup_cost", "parallel_tuple_cost", "random_page_cost", "seq_page_cost",
    ]
    private static let enumerations: Set<String> = [
        "backslash_quote", "bytea_output", "client_min_messages", "constraint_exclusion", "default_toast_compression", "default_transaction_isolation", "intervalstyle",
        "password_encryption", "plan_cache_mode", "synchronous_commit", "transaction_isolation", "wal_level", "xmlbinary", "xmloption",
    ]

    init(_ name: String, _ value: String) {
        let name = name.lowercased()
        unit = Self.units[name]
        type =
            if unit != nil || Self.integers.contains(name) { "integer" } else if Self.reals.contains(name) { "real" } else if Self.enumerations.contains(name) { "enum" } else {
                SessionSettings.isSwitch(name) ? "bool" : "string"
            }
        self.value = unit.flatMap { Self.number(value, in: $0) }.map(String.init) ?? value
    }

    /// Nil for a text that is no number with a unit.
    private static func number(_ text: String, in unit: String) -> Int? {
        switch unit {
        case "ms": return SettingValues.milliseconds(text)
        case "s": return Int(text)
        default: break
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let said = text.dropFirst(digits.count).trimmingPrefix(while: \.isWhitespace)
        guard let number = Int(digits) else { return nil }
        if said.isEmpty { return number }
        guard let factor = ["kB": 1, "MB": 1 << 10, "GB": 1 << 20, "TB": 1 << 30][said], let kilobytes = number.multipliedOrNil(by: factor) else { return nil }
        return unit == "8kB" ? kilobytes / 8 : kilobytes
    }
}

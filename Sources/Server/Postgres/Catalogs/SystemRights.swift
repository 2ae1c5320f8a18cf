internal import ColumnStore
internal import Query

/// What `has_…_privilege` and `pg_has_role` are asked by: rights of each kind of object, and roles.
///
/// PostgreSQL 15's documentation, table 9.69, and MAINTAIN of PostgreSQL 17, which those who list rights ask of any version.
enum SystemRights {
    /// By functions: what a right may be called there.
    private static let rights: [String: Set<String>] = {
        let kinds: [(String, Set<String>)] = [
            ("table", ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE", "MAINTAIN"]), ("sequence", ["USAGE", "SELECT", "UPDATE"]),
            ("column", ["SELECT", "INSERT", "UPDATE", "REFERENCES"]), ("any_column", ["SELECT", "INSERT", "UPDATE", "REFERENCES"]), ("database", ["CREATE", "TEMPORARY", "TEMP", "CONNECT"]),
            ("function", ["EXECUTE"]), ("language", ["USAGE"]), ("type", ["USAGE"]), ("foreign_data_wrapper", ["USAGE"]), ("server", ["USAGE"]), ("schema", ["CREATE", "USAGE"]),
            ("tablespace", ["CREATE"]), ("parameter", ["SET", "ALTER SYSTEM"]),
        ]
        var found = Dictionary(kinds.map { ("has_\($0)_privilege", $1) }, uniquingKeysWith: { $1 })
        found["pg_has_role"] = ["MEMBER", "USAGE"]
        return found
    }()

    /// - Parameters:
    ///   - texts: of a call's arguments, nil for what is no constant text.
    ///   - roles: that there are.
    /// - Returns: the first that names no right or no role, by its place; nil of other functions.
    static func fault(_ texts: [String?], of function: String, roles: Set<String>) -> (message: String, place: Int, cause: QueryError.Cause)? {
        guard let known = rights[function] else { return nil }
        // Of anybody's texts those with runs of combining marks are compared with nothing.
        if let place = texts.firstIndex(where: { $0.map { CombiningMarks.hasLongRun($0) } ?? false }) {
            return ("a name has more than \(CombiningMarks.runMax) combining marks in a row", place, .badValue)
        }
        if function != "pg_has_role", texts.count == (function == "has_column_privilege" ? 4 : 3), let role = texts[0], role != "public", !roles.contains(role) {
            return ("there is no role “\(role)”", 0, .undefinedObject)
        }
        guard let last = texts.indices.last, let text = texts[last] else { return nil }
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            var right = word.split(whereSeparator: \.isWhitespace).joined(separator: " ").uppercased()
            for option in [" WITH GRANT OPTION", " WITH ADMIN OPTION"] where right.hasSuffix(option) { right.removeLast(option.count) }
            if !known.contains(right) { return ("there is no right “\(word)” that \(function) knows", last, .badValue) }
        }
        return nil
    }
}

/// The schemas that names without one are looked up in: `"$user", public`. `pg_catalog` is always among them, before all that do not name it.
struct SearchPath: Sendable {
    /// In the setting's order; what is no schema here is passed over when it is looked at.
    let schemas: [String]

    static let usual = SearchPath(["public"])

    private init(_ schemas: [String]) { self.schemas = schemas }

    /// - Parameter text: as SHOW says the setting.
    init(_ text: String?) {
        guard let text else {
            self = .usual
            return
        }
        var found: [String] = [], name = "", isQuoted = false
        func end() {
            if !name.isEmpty, name != "$user", !found.contains(name) { found.append(name) }
            name = ""
        }
        for letter in text {
            switch letter {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: end()
            case _ where letter.isWhitespace && !isQuoted: continue
            default: name += isQuoted ? String(letter) : letter.lowercased()
            }
        }
        end()
        schemas = found
    }

    /// Whether tables are found by their names alone.
    var hasTables: Bool { schemas.contains("public") }

    /// Whether they are found before PostgreSQL's relations: these come first unless the path has them behind.
    var hasTablesFirst: Bool {
        guard let own = schemas.firstIndex(of: "public"), let open = schemas.firstIndex(of: "pg_catalog") else { return false }
        return own < open
    }

    /// Those that there are, as `current_schemas` tells them.
    ///
    /// - Parameter known: the schemas that there are.
    func shown(among known: Set<String>, withImplicit: Bool) -> [String] {
        let own = schemas.filter { known.contains($0) }
        return withImplicit && !own.contains("pg_catalog") ? ["pg_catalog"] + own : own
    }
}

import ColumnStore

/// Cold tables that were moved to another place, and what is left of them in the one before.
///
/// `former_objects` names what may be removed at a place once nobody reads it there (`Compactor.removeFormer`).
extension Catalog {
    /// A table at its new place.
    struct MovedTable {
        var name: String
        var version: Int
        var objects: [ColdObject]
        /// Keys at the former place that the catalog does not name: hints, and views that follow from their histories.
        var unnamed: [String]
    }

    /// From this transaction on the tables are elsewhere; what they are made of now at the former place is what may go there.
    ///
    /// - Parameters:
    ///   - place: nil: in the store's own directory.
    ///   - views: objects of views, by table.
    ///   - left: tables that are no more: they stay behind with all else.
    /// - Precondition: all of it lies at the new place.
    func moveWarehouse(
        to place: String?, from former: String?, _ tables: [MovedTable], views: [(table: String, key: String)], left: [String]
    ) throws {
        let former = former ?? ""
        let views = views + left.map { ($0, "metadata/version-hint.text") }
        try write { connection in
            for table in left { try Self.forget(table: table, connection) }
            // What an earlier move had left here is what the tables are made of again.
            let forget = try connection.statement("DELETE FROM former_objects WHERE place = ?1")
            try forget.bind(1, place ?? "")
            try forget.run()
            // Keys in `cold_objects` begin with the table's name and a slash.
            let keep = try connection.statement("""
                INSERT OR IGNORE INTO former_objects(place, table_name, key)
                SELECT ?1, table_name, substr(key, length(table_name) + 2) FROM cold_objects
                """)
            try keep.bind(1, former)
            try keep.run()
            for (table, key) in views + tables.flatMap({ table in table.unnamed.map { (table.name, $0) } }) {
                let insert = try connection.statement("INSERT OR IGNORE INTO former_objects(place, table_name, key) VALUES(?1, ?2, ?3)")
                try insert.bind(1, former)
                try insert.bind(2, table)
                try insert.bind(3, key)
                try insert.run()
            }
            try connection.execute("DELETE FROM cold_objects")
            for table in tables { try Self.place(table.name, version: table.version, table.objects, connection) }
            try WarehousePlace.note(place, connection)
        }
    }

    /// The places at which something may be left; empty: the store's own directory.
    func formerPlaces() throws -> [String] {
        try read { try $0.texts("SELECT DISTINCT place FROM former_objects ORDER BY place") }
    }

    /// Some of what may be left at a place.
    func formerObjects(at place: String, limit: Int) throws -> [(table: String, key: String)] {
        try read { connection in
            let statement = try connection.statement("SELECT table_name, key FROM former_objects WHERE place = ?1 ORDER BY table_name, key LIMIT ?2")
            defer { statement.reset() }
            try statement.bind(1, place)
            statement.bind(2, Int64(limit))
            var objects: [(table: String, key: String)] = []
            while try statement.step() { objects.append((statement.text(0), statement.text(1))) }
            return objects
        }
    }

    /// Of a copy of the store, which has left nothing anywhere: at such a place its original may have its tables again, or another copy.
    func forgetFormerPlaces() throws { try write(isCounted: false) { try $0.execute("DELETE FROM former_objects") } }

    /// They are gone.
    func forgetFormer(at place: String, _ objects: [(table: String, key: String)]) throws {
        try write(isCounted: false) { connection in
            for (table, key) in objects {
                let delete = try connection.statement("DELETE FROM former_objects WHERE place = ?1 AND table_name = ?2 AND key = ?3")
                try delete.bind(1, place)
                try delete.bind(2, table)
                try delete.bind(3, key)
                try delete.run()
            }
        }
    }
}

import ColumnStore

extension Catalog {
    /// Of files that went to cold.
    ///
    /// - Returns: how many there were.
    func deleteDeadLetters(_ ids: [String]) throws -> Int {
        guard !ids.isEmpty else { return 0 }
        return try write { connection in
            var count = 0
            for id in ids {
                let delete = try connection.statement("DELETE FROM dead_letters WHERE id = ?1")
                try delete.bind(1, id)
                try delete.run()
                count += connection.changeCount
            }
            return count
        }
    }
}

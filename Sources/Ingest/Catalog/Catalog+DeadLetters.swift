import ColumnStore

extension Catalog {
    /// Of files that went to cold, and what a move that was cut off has left of hot ones.
    ///
    /// - Returns: those that there were.
    func deleteDeadLetters(_ ids: [String]) throws -> Set<String> {
        guard !ids.isEmpty else { return [] }
        return try write { connection in
            var deleted: Set<String> = []
            for id in ids {
                let delete = try connection.statement("DELETE FROM dead_letters WHERE id = ?1")
                try delete.bind(1, id)
                try delete.run()
                if connection.changeCount > 0 { deleted.insert(id) }
            }
            return deleted
        }
    }
}

extension HotFile {
    /// Whether columns were laid down again and lack what rebuilds had filled in them (`HotFlusher.refillKey`).
    var owesRefill: Bool {
        get throws {
            guard isRebuilt else { return false }
            return try pool.withConnection { try $0.integer("SELECT 1 FROM meta WHERE key = '\(HotFlusher.refillKey)'") } != nil
        }
    }

    /// They have it again, or cannot have it.
    func dropRefill(_ writer: HotWriter) throws {
        try writer.perform(on: self) { try $0.perform { try $0.execute("DELETE FROM meta WHERE key = '\(HotFlusher.refillKey)'") } }
    }
}

/// Figures of the server that the catalog keeps.
extension Engine: FigureKeeping {
    package func keep(figures: [UInt8], as name: String) throws { try catalog.keep(figures: figures, as: name) }
    package func keptFigures(_ name: String) throws -> [UInt8]? { try catalog.bytes("figures_" + name) }
}

extension Catalog {
    /// What no other file of the store depends on: no new generation.
    func keep(figures: [UInt8], as name: String) throws {
        try write(isCounted: false) { connection in
            let statement = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
            try statement.bind(1, "figures_" + name)
            try statement.bind(2, figures)
            try statement.run()
        }
    }
}

import TestSupport

/// Files of a store that a test goes through one by one. The tables of rollups that a store has from the start are alike, and half of all its files: those of one
/// are taken, which each change of the sources chooses anew.
enum AlikeFiles {
    /// - Parameter names: paths below the store's directory.
    static func sample(_ names: [String]) -> [String] {
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        let chosen = Set(names.compactMap(rollup)).sorted().randomElement(using: &random)
        return names.filter { rollup($0) == nil || rollup($0) == chosen }
    }

    /// Whose table a file is of; nil for what is no rollup's.
    private static func rollup(_ name: String) -> Substring? { name.split(separator: "/").first { $0.hasPrefix("rollup_") } }
}

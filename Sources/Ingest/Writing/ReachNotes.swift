import ColumnStore
import Synchronization

/// Notes in the catalog how far the hot files have come (`FileReach`): what a start and `till verify` know an older copy of one by.
///
/// By what readers see, which is durable in its file. At the start and the end, when columns were laid down, when nothing was written for a while, and each ten minutes: one commit of the catalog for all files, and none where
/// nothing came. None makes a new generation: of two copies of a store that both went on, the one that took the warehouse over would not be known as the newer one any more.
final class ReachNotes: Sendable {
    private let catalog: Catalog
    private let boundary: TierBoundary
    /// As the catalog has them.
    private let noted: Mutex<[String: FileReach]>

    init(_ catalog: Catalog, _ boundary: TierBoundary) throws {
        (self.catalog, self.boundary) = (catalog, boundary)
        noted = Mutex(try catalog.read { try FileReach.noted($0) }.filter { $0.key.hasPrefix("hot/") })
    }

    /// Files that are no more are forgotten.
    ///
    /// What cannot be noted, as on a full disk, keeps nobody from work: the next note makes up for it.
    func note() {
        noted.withLock { noted in
            var present: [String: FileReach] = [:]
            for file in boundary.snapshot().files {
                let state = file.state
                if state.rowCount > 0 { present[FileReach.name(ofHot: file.name)] = FileReach(generation: state.generation, number: state.lastSequence) }
            }
            let (changed, gone) = (present.filter { noted[$0.key] != $0.value }, noted.keys.filter { present[$0] == nil })
            guard !changed.isEmpty || !gone.isEmpty else { return }
            do {
                try catalog.write(isCounted: false) { connection in
                    try FileReach.note(changed, connection)
                    try FileReach.forget(gone, connection)
                }
                noted = present
            } catch {
                StoreLog.note("it could not be noted how far hot files have come", path: catalog.path, reason: StoreLog.text(error), level: .warning)
            }
        }
    }
}

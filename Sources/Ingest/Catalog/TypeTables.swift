import Documents
import Synchronization

/// Where documents of a type may lie: the tables of all its versions, of types that have had several.
///
/// `TypeStore` adds to it, before the first document is taken by a version. Intake asks it on its own thread, and the writer again: of two requests that bring
/// one document, read by two versions, each may have looked before the other one's was stored.
final class TypeTables: Sendable {
    /// By type, as they are stored.
    private let tables = Mutex<[String: Set<String>]>([:])
    /// Nearly always: intake and the writer ask for each row, and do not wait for each other then.
    private let isEmpty = Atomic(true)

    /// - Parameter tables: of versions that follow each other, or of all.
    func add(_ tables: Set<String>, of type: String) {
        if tables.count < 2 { return }
        self.tables.withLock { known in
            known[type, default: []].formUnion(tables)
            isEmpty.store(false, ordering: .releasing)
        }
    }

    /// A type's tables but that one: of earlier versions, and of later ones.
    ///
    /// - Complexity: O(1) for a type that has always had one table.
    func others(of type: String, than table: String) -> [String] {
        guard !isEmpty.load(ordering: .acquiring), let all = tables.withLock({ $0[type] }) else { return [] }
        return all.subtracting([table]).sorted()
    }
}

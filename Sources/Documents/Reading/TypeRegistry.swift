internal import Synchronization

/// The document types in force: an immutable snapshot that readers take once per body, replaced whole when a type comes or goes, so
/// that adding one never disturbs a reader.
///
/// The store has one, which `TypeStore` puts to; who reads kept documents by one type alone makes one of its own. A snapshot is never changed: a
/// type that is removed is used to the end by those that have it.
///
/// Invariants of a snapshot:
/// 1. One type of each name.
/// 2. Types of one table agree on its columns (`ColumnAgreement`).
package final class TypeRegistry: Sendable {
    /// What holds at one moment.
    package final class Snapshot: Sendable {
        /// By the bytes of their names.
        package let types: [DocumentType]
        private let byName: [String: DocumentType]
        let json: JSONRecognizer
        /// XML types that are recognised by their `match`.
        let xml: [DocumentType]

        // Everything is built here, so that a snapshot is only read.
        init(types: [DocumentType]) {
            self.types = types.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            json = JSONRecognizer(types: self.types)
            xml = self.types.filter { $0.format == .xml && $0.file.hasMatch }
            byName = Swift.Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })
        }

        /// Whether an array of JSON may be one envelope, instead of documents that each go by themselves.
        ///
        /// Told from the types' `match` alone, before the array is read: a test that begins with an element's number or a star can be met by an
        /// array.
        func mayTakeArrayAsEnvelope(type name: String?) -> Bool {
            if let name { return self[name]?.each != nil }
            return types.contains { type in
                guard type.format == .json, type.file.hasMatch, type.each != nil else { return false }
                return type.match.allSatisfy { test in
                    if case .exists(false) = test.condition { return true }
                    guard let first = type.jsonPaths.paths[test.path].tokens.first else { return true }
                    return first.isStar || first.index >= 0
                }
            }
        }

        package subscript(name: String) -> DocumentType? { byName[name] }
    }

    /// The lock is held for a copy of a reference, and while a snapshot is made.
    private let current = Mutex(Snapshot(types: []))

    package init() {}

    /// What is in force now.
    package var snapshot: Snapshot { current.withLock { $0 } }

    /// Takes a type in, or a new version in place of its old one.
    ///
    /// - Throws: the reasons when its columns disagree with those of another type of its table.
    /// - Complexity: a recogniser is built of all types; done under the lock, so that two at once do not lose one.
    package func put(_ type: DocumentType) throws(TypeFileError) {
        let reasons = current.withLock { snapshot in
            let others = snapshot.types.filter { $0.name != type.name }
            let reasons = Self.conflicts(of: type.file, with: snapshot)
            if reasons.isEmpty { snapshot = Snapshot(types: others + [type]) }
            return reasons
        }
        guard reasons.isEmpty else { throw TypeFileError(reasons: reasons) }
    }

    /// With the types beside it, then with its own version before.
    private static func conflicts(of type: TypeFile, with snapshot: Snapshot) -> [Fault.Violation] {
        let reasons = snapshot.types.filter { $0.name != type.name }.flatMap { ColumnAgreement.conflicts(of: type, with: $0.file) }
        return reasons + (snapshot[type.name].map { ColumnAgreement.conflicts(of: type, with: $0.file) } ?? [])
    }

    /// Why a file could not be put, by the types that are in force.
    ///
    /// For answers before a put; `put` asks again, under the lock.
    package func conflicts(of type: TypeFile) -> [Fault.Violation] { Self.conflicts(of: type, with: snapshot) }

    /// Columns that types of its table call sensitive and this one does not, or the other way round.
    package func sensitiveConflicts(of type: TypeFile) -> [Fault.Violation] {
        snapshot.types.filter { $0.table == type.table }.flatMap { ColumnAgreement.disagreements(type, $0.file) }
    }

    /// Ends recognition by that type. Returns whether there was one.
    ///
    /// Documents that were taken keep the type: it is in the catalog.
    package func remove(_ name: String) -> Bool {
        current.withLock { snapshot in
            guard snapshot[name] != nil else { return false }
            snapshot = Snapshot(types: snapshot.types.filter { $0.name != name })
            return true
        }
    }
}

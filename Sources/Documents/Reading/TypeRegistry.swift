internal import Synchronization

/// The document types in force: an immutable snapshot that readers take once per body, replaced whole when a type comes or goes, so
/// that adding one never disturbs a reader.
package final class TypeRegistry: Sendable {
    /// What holds at one moment.
    package final class Snapshot: Sendable {
        /// By the bytes of their names.
        package let types: [DocumentType]
        private let byName: [String: DocumentType]
        let json: JSONRecognizer
        /// XML types that are recognised by their `match`.
        let xml: [DocumentType]

        init(types: [DocumentType]) {
            self.types = types.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            json = JSONRecognizer(types: self.types)
            xml = self.types.filter { $0.format == .xml && $0.file.hasMatch }
            byName = Swift.Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })
        }

        /// Whether an array of JSON may be one envelope, instead of documents that each go by themselves.
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

    private let current = Mutex(Snapshot(types: []))

    package init() {}

    package var snapshot: Snapshot { current.withLock { $0 } }

    /// Takes a type in, or a new version in place of its old one.
    ///
    /// - Throws: the reasons when its columns disagree with those of another type of its table.
    package func put(_ type: DocumentType) throws(TypeFileError) {
        let reasons = current.withLock { snapshot in
            let others = snapshot.types.filter { $0.name != type.name }
            let reasons = Self.conflicts(of: type.file, with: snapshot)
            if reasons.isEmpty { snapshot = Snapshot(types: others + [type]) }
            return reasons
        }
        guard reasons.isEmpty else { throw TypeFileError(reasons: reasons) }
    }

    private static func conflicts(of type: TypeFile, with snapshot: Snapshot) -> [Fault.Violation] {
        let reasons = snapshot.types.filter { $0.name != type.name }.flatMap { ColumnAgreement.conflicts(of: type, with: $0.file) }
        return reasons + (snapshot[type.name].map { ColumnAgreement.conflicts(of: type, with: $0.file) } ?? [])
    }

    /// Why a file could not be put, by the types that are in force.
    package func conflicts(of type: TypeFile) -> [Fault.Violation] { Self.conflicts(of: type, with: snapshot) }

    /// Columns that types of its table call sensitive and this one does not, or the other way round.
    package func sensitiveConflicts(of type: TypeFile) -> [Fault.Violation] {
        snapshot.types.filter { $0.table == type.table }.flatMap { ColumnAgreement.disagreements(type, $0.file) }
    }

    /// Ends recognition by that type. Returns whether there was one.
    package func remove(_ name: String) -> Bool {
        current.withLock { snapshot in
            guard snapshot[name] != nil else { return false }
            snapshot = Snapshot(types: snapshot.types.filter { $0.name != name })
            return true
        }
    }
}

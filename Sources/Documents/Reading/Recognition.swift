/// Finds the type of a document among those in force.
///
/// `match` says which types may be meant, `priority` which of several is; two of the same are a fault that names them, as a guess would put a
/// document into the wrong table.
enum Recognition {
    enum Outcome {
        case found(DocumentType)
        case failed(Fault)
    }

    /// The one of `candidates` with the highest priority.
    ///
    /// - Parameter candidates: types whose `match` the document meets.
    static func choice(_ candidates: [DocumentType]) -> Outcome {
        if candidates.count == 1 { return .found(candidates[0]) }
        guard let highest = candidates.map(\.file.priority).max() else {
            return .failed(
                Fault(.unknownType, "no document type matches this document", advice: .listTypes))
        }
        let best = candidates.filter { $0.file.priority == highest }
        guard best.count == 1, let only = best.first else {
            let names = best.map(\.name).joined(separator: ", ")
            return .failed(Fault(.ambiguousType, "the types \(names) match this document alike", advice: .nameType))
        }
        return .found(only)
    }

    /// The type that the call names.
    ///
    /// - Parameter format: of the body.
    static func named(_ name: String, _ format: TypeFile.Format, in snapshot: TypeRegistry.Snapshot) -> Outcome {
        guard let type = snapshot[name] else { return .failed(Fault(.unknownType, "there is no type \(JSONGrammar.shown(Array(name.utf8)))")) }
        guard type.format == format else {
            return .failed(Fault(.unknownType, "the type \(name) is of \(type.format.rawValue) documents, and this one is \(format.rawValue)"))
        }
        return .found(type)
    }
}

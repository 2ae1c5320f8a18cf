/// Finds the type of a document among those in force.
enum Recognition {
    enum Outcome {
        case found(DocumentType)
        case failed(Problem)
    }

    /// The one of `candidates` with the highest priority.
    static func choice(_ candidates: [DocumentType]) -> Outcome {
        if candidates.count == 1 { return .found(candidates[0]) }
        guard let highest = candidates.map(\.file.priority).max() else {
            return .failed(
                Problem(.unknownType, "no document type matches this document; GET /v1/types lists them, and ?type= names one"))
        }
        let best = candidates.filter { $0.file.priority == highest }
        guard best.count == 1, let only = best.first else {
            let names = best.map(\.name).joined(separator: ", ")
            return .failed(Problem(.ambiguousType, "the types \(names) match this document alike; name one with ?type="))
        }
        return .found(only)
    }

    /// The type that `?type=` names.
    static func named(_ name: String, _ format: TypeFile.Format, in snapshot: TypeRegistry.Snapshot) -> Outcome {
        guard let type = snapshot[name] else { return .failed(Problem(.unknownType, "there is no type \(JSONGrammar.shown(Array(name.utf8)))")) }
        guard type.format == format else {
            return .failed(Problem(.unknownType, "the type \(name) is of \(type.format.rawValue) documents, and this one is \(format.rawValue)"))
        }
        return .found(type)
    }
}

internal import ColumnStore

/// What stands behind records in the elements around them: a first reading of an envelope finds it, so that each record can be given in a document that has it.
///
/// What stands before them is found again on the way. Where a record stands among it tells nothing: paths that could ask that are not followed record by record (`EnvelopeReach`).
package struct EnvelopeSurroundings: Sendable {
    /// By the number of the element around the records; in JSON there is one.
    private var parts: [Int: [UInt8]] = [:]
    private var byteCount = 0

    /// `EnvelopeSeeking`.
    let soughtAnywhere: [[UInt8]: String]
    let soughtHolders: [[UInt8]: String]
    var seeks: Bool { !soughtAnywhere.isEmpty || !soughtHolders.isEmpty }
    /// A path that finds something where records differ: in one of them, or in one of several elements around them. Only the whole document can tell then.
    package var strayPath: String?

    init(seeking sought: EnvelopeSeeking = EnvelopeSeeking()) {
        func bytes(_ names: [String: String]) -> [[UInt8]: String] { Dictionary(uniqueKeysWithValues: names.map { (Array($0.utf8), $1) }) }
        (soughtAnywhere, soughtHolders) = (bytes(sought.anywhere), bytes(sought.holders))
    }

    /// Of all elements together: a quarter of what an upload may take.
    private static let byteCountMax = 16 << 20
    /// About what a dictionary has of each beside its bytes.
    private static let partByteCount = 100

    subscript(element: Int) -> [UInt8] { parts[element] ?? [] }

    /// - Returns: whether there is room for it.
    mutating func add(_ bytes: some Collection<UInt8>, behind element: Int) -> Bool {
        byteCount = byteCount.addingSaturating(bytes.count + (parts[element] == nil ? Self.partByteCount : 0))
        guard byteCount <= Self.byteCountMax else { return false }
        parts[element, default: []].append(contentsOf: bytes)
        return true
    }

    static func tooMuch(_ byteCount: Int? = nil, at offset: Int) -> RecordFileError {
        RecordFileError(.tooLarge, "what stands around the records, and the type's paths read, has more than \(byteCount ?? byteCountMax) bytes", offset: offset)
    }
}

/// What is known, and wanted, of what stands behind records.
enum SurroundingsUse {
    /// No path asks for it.
    case none
    /// This reading collects it, and gives no records.
    case collected(EnvelopeSurroundings)
    case known(EnvelopeSurroundings)
}

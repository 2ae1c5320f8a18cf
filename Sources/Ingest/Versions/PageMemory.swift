import ColumnStore
import Synchronization

/// What one call holds of versions beside the rows of its answer, asked of whoever counts the answer's memory: a page of a walk, a document as of an instant.
///
///     let page = try PageMemory.asking(hold) { memory in … }
final class PageMemory: @unchecked Sendable {
    // Proof of Sendable: the one thread that makes the answer begins its scans, and asks for what they hold then alone; threads that scan may be the last that have some
    // of it, and give that back by `versionsByteCount`.

    private var ask: ((_ byteCount: Int) throws -> Void)?
    private var rowsByteCount = 0
    private let versionsByteCount = Atomic<Int>(0)

    private init(_ ask: @escaping (_ byteCount: Int) throws -> Void) { self.ask = ask }

    /// - Parameter ask: asked for what is held in all, before it is taken. What it throws ends the call.
    static func asking<Result>(_ ask: (_ byteCount: Int) throws -> Void, _ body: (PageMemory) throws -> Result) throws -> Result {
        try withoutActuallyEscaping(ask) { ask in
            let memory = PageMemory(ask)
            // A table that somebody still has keeps this, not whom it asks.
            defer { memory.ask = nil }
            return try body(memory)
        }
    }

    /// Asks for what the rows of the answer take in all, beside the versions.
    func hold(_ byteCount: Int) throws {
        try ask?(byteCount.addingSaturating(versionsByteCount.load(ordering: .relaxed)))
        rowsByteCount = byteCount
    }

    /// Asks for more of versions.
    func add(_ more: Int) throws {
        try ask?(rowsByteCount.addingSaturating(versionsByteCount.load(ordering: .relaxed)).addingSaturating(more))
        versionsByteCount.wrappingAdd(more, ordering: .relaxed)
    }

    /// They are held no more. The next that is asked for is less by so much.
    func release(_ byteCount: Int) { versionsByteCount.wrappingSubtract(byteCount, ordering: .relaxed) }
}

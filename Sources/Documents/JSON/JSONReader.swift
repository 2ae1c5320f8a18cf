internal import CSimdJSON

/// Reads JSON texts (RFC 8259) into a tape: the whole text is walked, so that whatever is wrong anywhere in it is found.
///
/// simdjson checks the UTF-8 and finds the tokens; the walk here checks the grammar. Beyond the RFC it refuses member names
/// that repeat (compared after unescaping), escapes of lone surrogates and nesting past `depthMax`. A leading BOM is passed over.
/// Numbers stay text, however long.
///
/// One reader belongs to one thread at a time. Its buffers are reused from text to text; those grown for an outsize text are let go.
package final class JSONReader {
    package static let depthMax = 128
    /// 128 MiB of tape. A receipt takes 20 bytes of text for a node, so 64 MiB of receipts stay below it.
    package static let nodeCountMax = 4 << 20
    /// Buffers past this are freed after their use.
    private static let keptByteCount = 1 << 20

    /// simdjson's first stage, with its buffer of places; nil where there was no memory for it.
    private var indexer: OpaquePointer?
    private var nodes: UnsafeMutablePointer<JSONNode>
    private var nodeCapacity: Int
    /// Open containers of the text that is read: as many as may nest.
    private let frames: UnsafeMutablePointer<JSONWalk.Frame>
    /// Hashes of the members of open objects, as `JSONWalk` lays them.
    private var names: UnsafeMutablePointer<UInt64>
    private var nameCapacity: Int

    package init() {
        indexer = till_json_indexer_new()
        nodeCapacity = 1024
        nodes = .allocate(capacity: nodeCapacity)
        frames = .allocate(capacity: Self.depthMax + 1)
        nameCapacity = 256
        names = .allocate(capacity: nameCapacity)
    }

    deinit {
        till_json_indexer_delete(indexer)
        nodes.deallocate()
        frames.deallocate()
        names.deallocate()
    }

    /// Reads `text` and lends its tape to `body`. Offsets in the tape and in errors count from the start of `text`, BOM included.
    ///
    /// - Throws: `.badJSON` with the offset of the fault; `.tooLarge` past `nodeCountMax` values or 2 GiB.
    package func read<Result>(
        _ text: UnsafeRawBufferPointer, _ body: (JSONTape) throws -> Result
    ) throws -> Result {
        defer { shrink() }
        return try body(try tape(of: text))
    }

    /// As `read`, but the caller keeps `text` and this reader, unused for anything else, while it uses the tape.
    package func tape(of text: UnsafeRawBufferPointer) throws(DocumentError) -> JSONTape {
        guard text.count < 1 << 31 else { throw DocumentError(.tooLarge, "a JSON text of 2 GiB or more") }
        guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            throw DocumentError(.badJSON, offset: 0, "empty text")
        }
        let hasBOM = text.count >= 3 && base[0] == 0xEF && base[1] == 0xBB && base[2] == 0xBF
        let start = hasBOM ? 3 : 0
        guard let indexer else { throw DocumentError(.tooLarge, "out of memory") }
        var indexes: UnsafePointer<UInt32>?
        var tokenCount = 0
        let code = till_json_index(indexer, base + start, text.count - start, &indexes, &tokenCount)
        guard code == Int32(till_json_ok.rawValue), let indexes else {
            throw JSONDiagnosis.fault(in: base, from: start, to: text.count, isOutOfMemory: code == till_json_no_memory.rawValue)
        }
        // Each value takes two tokens at least (an element and its comma, a bracket and its partner), but the root, and brackets that have no partner: those are reported when the
        // text is at its end, and lie on the way down to it.
        guard tokenCount / 2 + 1 <= Self.nodeCountMax else {
            throw DocumentError(.tooLarge, "more than \(Self.nodeCountMax) values in one JSON text")
        }
        // A member takes three: its name, a colon, a value.
        reserve(nodeCount: tokenCount / 2 + 2 + Self.depthMax, nameCount: tokenCount / 3 + 2)
        var walk = JSONWalk(
            bytes: base + start, byteCount: text.count - start, indexes: indexes, tokenCount: tokenCount, nodes: nodes, nodeCapacity: nodeCapacity, frames: frames,
            names: names, nameCapacity: nameCapacity)
        if let fault = walk.run() { throw DocumentError(.badJSON, offset: fault.offset + start, fault.reason) }
        return JSONTape(bytes: base + start, byteCount: text.count - start, nodes: nodes, count: walk.nodeCount, textOffset: start)
    }

    /// Nothing of the former text is kept: both are written before they are read.
    private func reserve(nodeCount: Int, nameCount: Int) {
        if nodeCount > nodeCapacity {
            nodes.deallocate()
            nodeCapacity = nodeCount
            nodes = .allocate(capacity: nodeCapacity)
        }
        if nameCount > nameCapacity {
            names.deallocate()
            nameCapacity = nameCount
            names = .allocate(capacity: nameCapacity)
        }
    }

    /// One large text must not leave a reader that is kept with its buffers.
    private func shrink() {
        if nodeCapacity * MemoryLayout<JSONNode>.stride > Self.keptByteCount {
            nodes.deallocate()
            nodeCapacity = 1024
            nodes = .allocate(capacity: nodeCapacity)
        }
        if nameCapacity * MemoryLayout<UInt64>.stride > Self.keptByteCount {
            names.deallocate()
            nameCapacity = 256
            names = .allocate(capacity: nameCapacity)
        }
        if let indexer, till_json_indexer_capacity(indexer) * 4 > Self.keptByteCount {
            till_json_indexer_delete(indexer)
            self.indexer = till_json_indexer_new()
        }
    }
}

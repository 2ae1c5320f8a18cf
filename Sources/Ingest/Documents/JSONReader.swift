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
    private static let keptByteCount = 4 << 20

    private var indexer: OpaquePointer?
    private var nodes: UnsafeMutablePointer<JSONNode>
    private var nodeCapacity: Int
    /// Of each open container: its node, and where its members' names begin in `names`.
    private let frames: UnsafeMutablePointer<Frame>
    /// Names of the members of all open objects: hash in the upper half, node in the lower.
    private var names: UnsafeMutablePointer<UInt64>
    private var nameCapacity: Int

    private struct Frame: BitwiseCopyable {
        var node: UInt32
        var childCount: UInt32
        var nameBase: UInt32
        var isObject: Bool
    }

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
        // Each value takes two tokens at least (an element and its comma, a bracket and its partner), but the root.
        guard tokenCount / 2 + 1 <= Self.nodeCountMax else {
            throw DocumentError(.tooLarge, "more than \(Self.nodeCountMax) values in one JSON text")
        }
        reserve(nodeCount: tokenCount / 2 + 2)
        var walk = JSONWalk(
            bytes: base + start, byteCount: text.count - start, indexes: indexes, tokenCount: tokenCount, nodes: nodes)
        let fault = run(&walk)
        if let fault { throw DocumentError(.badJSON, offset: fault.offset + start, fault.reason) }
        return JSONTape(bytes: base + start, byteCount: text.count - start, nodes: nodes, count: walk.nodeCount, textOffset: start)
    }

    private func reserve(nodeCount: Int) {
        guard nodeCount > nodeCapacity else { return }
        nodes.deallocate()
        nodeCapacity = nodeCount
        nodes = .allocate(capacity: nodeCapacity)
    }

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

    // MARK: The walk over containers

    /// Fills the tape. Returns the first fault, or nil.
    private func run(_ walk: inout JSONWalk) -> JSONFault? {
        var depth = 0
        var nameCount = 0
        let seed = NameHash.processSeed
        var name = JSONName(offset: 0, byteCount: 0, hash: 0, flags: 0)
        value: while true {
            guard walk.token < walk.tokenCount else { return walk.fault("the text ends where a value should be") }
            let opener = walk.byte
            if opener == UInt8(ascii: "{") || opener == UInt8(ascii: "[") {
                guard depth < Self.depthMax else { return walk.fault("nested deeper than \(Self.depthMax)") }
                let isObject = opener == UInt8(ascii: "{")
                let node = walk.open(isObject ? .object : .array, name)
                walk.token += 1
                guard walk.token < walk.tokenCount else { return walk.fault("the text ends inside \(isObject ? "an object" : "an array")") }
                if walk.byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    walk.close(node, childCount: 0)
                } else {
                    frames[depth] = Frame(
                        node: UInt32(truncatingIfNeeded: node), childCount: 1, nameBase: UInt32(truncatingIfNeeded: nameCount),
                        isObject: isObject)
                    depth += 1
                    if isObject {
                        if let fault = walk.readName(&name, seed: seed) { return fault }
                        note(name, of: walk.nodeCount, &nameCount)
                    } else {
                        name = JSONName(offset: 0, byteCount: 0, hash: 0, flags: 0)
                    }
                    continue value
                }
            } else if let fault = walk.readScalar(opener, name) {
                return fault
            }
            // A value is done: go on in the container that holds it, or leave it.
            while true {
                guard depth > 0 else {
                    guard walk.token == walk.tokenCount else { return walk.fault("something follows the value") }
                    return nil
                }
                let isObject = frames[depth - 1].isObject
                guard walk.token < walk.tokenCount else { return walk.fault("the text ends inside \(isObject ? "an object" : "an array")") }
                let separator = walk.byte
                if separator == UInt8(ascii: ",") {
                    walk.token += 1
                    frames[depth - 1].childCount += 1
                    if isObject {
                        guard walk.token < walk.tokenCount else { return walk.fault("the text ends inside an object") }
                        if let fault = walk.readName(&name, seed: seed) { return fault }
                        note(name, of: walk.nodeCount, &nameCount)
                    }
                    continue value
                }
                guard separator == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    return walk.fault("a comma or \(isObject ? "}" : "]") is missing")
                }
                let frame = frames[depth - 1]
                if isObject {
                    if let fault = repeatedName(walk, from: Int(frame.nameBase), to: nameCount) { return fault }
                    nameCount = Int(frame.nameBase)
                }
                walk.close(Int(frame.node), childCount: frame.childCount)
                depth -= 1
                name = JSONName(offset: 0, byteCount: 0, hash: 0, flags: 0)
            }
        }
    }

    @inline(__always)
    private func note(_ name: JSONName, of node: Int, _ nameCount: inout Int) {
        if nameCount == nameCapacity { growNames() }
        names[nameCount] = UInt64(name.hash) << 32 | UInt64(truncatingIfNeeded: node)
        nameCount &+= 1
    }

    private func growNames() {
        let grown = UnsafeMutablePointer<UInt64>.allocate(capacity: nameCapacity * 2)
        grown.update(from: names, count: nameCapacity)
        names.deallocate()
        names = grown
        nameCapacity *= 2
    }

    /// Two members of one object with one name, if there are such.
    private func repeatedName(_ walk: JSONWalk, from base: Int, to end: Int) -> JSONFault? {
        if end - base <= 16 {
            // For the few members of an ordinary object each pair of hashes is compared sooner than they could be sorted.
            for later in base..<end {
                let hash = names[later] >> 32
                for earlier in base..<later where names[earlier] >> 32 == hash {
                    if let fault = walk.faultIfSameName(Int(names[earlier] & 0xFFFF_FFFF), Int(names[later] & 0xFFFF_FFFF)) {
                        return fault
                    }
                }
            }
            return nil
        }
        var slice = UnsafeMutableBufferPointer(start: names + base, count: end - base)
        slice.sort()
        var index = 1
        while index < slice.count {
            var earlier = index
            while earlier > 0, slice[earlier - 1] >> 32 == slice[index] >> 32 {
                earlier -= 1
                if let fault = walk.faultIfSameName(Int(slice[earlier] & 0xFFFF_FFFF), Int(slice[index] & 0xFFFF_FFFF)) {
                    return fault
                }
            }
            index += 1
        }
        return nil
    }
}

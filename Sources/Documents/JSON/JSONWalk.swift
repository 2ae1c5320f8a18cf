internal import Glibc

/// A fault of grammar: its byte after the BOM, and what it is.
struct JSONFault {
    let offset: Int
    let reason: String
}

/// A member's name as `JSONNode` keeps it.
struct JSONName: BitwiseCopyable {
    var offset: UInt32
    var byteCount: UInt32
    var hash: UInt32
    var flags: UInt8
}

/// A walk over the tokens of one text: checks the grammar and lays nodes down.
///
/// Invariants: `indexes` has `tokenCount` ascending offsets below `byteCount`; `nodes` has room for `tokenCount / 2 + 2` and as many more as brackets may be open,
/// since those have no partner in a text that is cut off; `names` for `tokenCount / 3 + 2`, `frames` for the deepest nesting.
///
/// The tokens are where simdjson found brackets, commas, colons, opening quotes and first bytes of other scalars, none of them within a string. A scalar's
/// end is not among them: it is what stands before the blanks in front of the next token. One loop with a stack of its own, since a text's nesting must not
/// be the program's.
struct JSONWalk {
    /// An open container.
    struct Frame: BitwiseCopyable {
        var node: UInt32
        var childCount: UInt32
        /// Where its members' names begin in `names`.
        var nameBase: UInt32
        var isObject: Bool
    }

    let bytes: UnsafePointer<UInt8>
    let byteCount: Int
    let indexes: UnsafePointer<UInt32>
    let tokenCount: Int
    let nodes: UnsafeMutablePointer<JSONNode>
    /// Asserted only: the invariant says that there is room.
    private let nodeCapacity: Int
    private let nameCapacity: Int
    private let frames: UnsafeMutablePointer<Frame>
    /// Names of the members of all open objects: hash in the upper half, node in the lower.
    private let names: UnsafeMutablePointer<UInt64>
    /// Whether any string may hold an escape.
    private let mayEscape: Bool
    /// The number of the present token.
    var token = 0
    var nodeCount = 0

    init(
        bytes: UnsafePointer<UInt8>, byteCount: Int, indexes: UnsafePointer<UInt32>, tokenCount: Int,
        nodes: UnsafeMutablePointer<JSONNode>, nodeCapacity: Int, frames: UnsafeMutablePointer<Frame>, names: UnsafeMutablePointer<UInt64>, nameCapacity: Int
    ) {
        self.bytes = bytes
        self.byteCount = byteCount
        self.indexes = indexes
        self.tokenCount = tokenCount
        self.nodes = nodes
        self.nodeCapacity = nodeCapacity
        self.nameCapacity = nameCapacity
        self.frames = frames
        self.names = names
        mayEscape = memchr(bytes, 0x5C, byteCount) != nil
    }

    /// Fills the tape. Returns the first fault, or nil.
    ///
    /// - Complexity: O(tokens + the bytes of scalars and names), and a sort of the names of an object of more than 16.
    mutating func run() -> JSONFault? {
        var depth = 0
        var nameCount = 0
        let seed = NameHash.processSeed
        let (frames, names) = (frames, names)
        let nameless = JSONName(offset: 0, byteCount: 0, hash: 0, flags: 0)
        var name = nameless
        // Two states: here a value begins; in the loop below one has ended.
        value: while true {
            guard token < tokenCount else { return fault("the text ends where a value should be") }
            let opener = byte
            if opener == UInt8(ascii: "{") || opener == UInt8(ascii: "[") {
                guard depth < JSONReader.depthMax else { return fault("nested deeper than \(JSONReader.depthMax)") }
                let isObject = opener == UInt8(ascii: "{")
                let node = open(isObject ? .object : .array, name)
                token &+= 1
                guard token < tokenCount else { return unfinished(isObject) }
                // An empty container has no frame: it ends where it began.
                if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    close(node, childCount: 0)
                } else {
                    frames[depth] = Frame(
                        node: UInt32(truncatingIfNeeded: node), childCount: 1, nameBase: UInt32(truncatingIfNeeded: nameCount), isObject: isObject)
                    depth &+= 1
                    if isObject {
                        if let fault = readName(&name, seed: seed) { return fault }
                        names[nameCount] = UInt64(name.hash) << 32 | UInt64(truncatingIfNeeded: nodeCount)
                        nameCount &+= 1
                    } else {
                        name = nameless
                    }
                    continue value
                }
            } else if let fault = readScalar(opener, name) {
                return fault
            }
            // A value is done: go on in the container that holds it, or leave it.
            while true {
                guard depth > 0 else {
                    guard token == tokenCount else { return fault("something follows the value") }
                    return nil
                }
                let isObject = frames[depth &- 1].isObject
                guard token < tokenCount else { return unfinished(isObject) }
                let separator = byte
                if separator == UInt8(ascii: ",") {
                    token &+= 1
                    frames[depth &- 1].childCount &+= 1
                    if isObject {
                        guard token < tokenCount else { return unfinished(isObject) }
                        if let fault = readName(&name, seed: seed) { return fault }
                        names[nameCount] = UInt64(name.hash) << 32 | UInt64(truncatingIfNeeded: nodeCount)
                        nameCount &+= 1
                    }
                    continue value
                }
                guard separator == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    return fault("a comma or \(isObject ? "}" : "]") is missing")
                }
                let frame = frames[depth &- 1]
                if isObject {
                    if let fault = repeatedName(from: Int(frame.nameBase), to: nameCount) { return fault }
                    nameCount = Int(frame.nameBase)
                }
                close(Int(frame.node), childCount: frame.childCount)
                depth &-= 1
                name = nameless
            }
        }
    }

    private func unfinished(_ isObject: Bool) -> JSONFault { fault("the text ends inside \(isObject ? "an object" : "an array")") }

    /// Two members of one object with one name, if there are such.
    @inline(__always)
    private func repeatedName(from base: Int, to end: Int) -> JSONFault? {
        guard end &- base <= 16 else { return repeatedNameOfMany(from: base, to: end) }
        // For the few members of an ordinary object each pair of hashes is compared sooner than they could be sorted.
        var later = base &+ 1
        while later < end {
            let hash = names[later] >> 32
            var earlier = base
            while earlier < later {
                if names[earlier] >> 32 == hash,
                    let fault = faultIfSameName(Int(names[earlier] & 0xFFFF_FFFF), Int(names[later] & 0xFFFF_FFFF))
                {
                    return fault
                }
                earlier &+= 1
            }
            later &+= 1
        }
        return nil
    }

    /// Sorted by hash, so that only names of one hash are compared. The order among `names` is of no use to anybody later: the object ends.
    private func repeatedNameOfMany(from base: Int, to end: Int) -> JSONFault? {
        var slice = UnsafeMutableBufferPointer(start: names + base, count: end - base)
        slice.sort()
        for index in 1..<slice.count {
            var earlier = index
            while earlier > 0, slice[earlier - 1] >> 32 == slice[index] >> 32 {
                earlier -= 1
                if let fault = faultIfSameName(Int(slice[earlier] & 0xFFFF_FFFF), Int(slice[index] & 0xFFFF_FFFF)) { return fault }
            }
        }
        return nil
    }

    /// First byte of the present token. There is one: callers compare `token` with `tokenCount` first.
    @inline(__always) var byte: UInt8 { bytes[Int(indexes[token])] }

    /// At the present token, or at the text's end.
    func fault(_ reason: String) -> JSONFault {
        JSONFault(offset: token < tokenCount ? Int(indexes[token]) : byteCount, reason: reason)
    }

    @inline(__always)
    /// Lays a container down, whose end is not known yet.
    ///
    /// - Returns: its node, for `close`.
    mutating func open(_ kind: JSONNode.Kind, _ name: JSONName) -> Int {
        append(kind, offset: Int(indexes[token]), byteCount: 0, flags: 0, name)
        return nodeCount &- 1
    }

    /// Ends the container at its bracket, which is the present token.
    @inline(__always)
    mutating func close(_ node: Int, childCount: UInt32) {
        nodes[node].end = UInt32(truncatingIfNeeded: nodeCount)
        nodes[node].childCount = childCount
        nodes[node].byteCount = indexes[token] &+ 1 &- nodes[node].offset
        token &+= 1
    }

    @inline(__always)
    private mutating func append(_ kind: JSONNode.Kind, offset: Int, byteCount: Int, flags: UInt8, _ name: JSONName) {
        assert(nodeCount < nodeCapacity, "more values than tokens allow for")
        nodes[nodeCount] = JSONNode(
            offset: UInt32(truncatingIfNeeded: offset), byteCount: UInt32(truncatingIfNeeded: byteCount),
            end: UInt32(truncatingIfNeeded: nodeCount &+ 1), childCount: 0, nameOffset: name.offset,
            nameByteCount: name.byteCount, nameHash: name.hash, kind: kind, flags: flags | name.flags)
        nodeCount &+= 1
    }

    /// Where the scalar that begins at the present token ends: before the blanks in front of the next token.
    @inline(__always)
    private func scalarEnd() -> Int {
        var end = token &+ 1 < tokenCount ? Int(indexes[token &+ 1]) : byteCount
        while JSONGrammar.isBlank(bytes[end &- 1]) { end &-= 1 }
        return end
    }

    /// Reads `"name" :` and moves to the value's token.
    @inline(__always)
    mutating func readName(_ name: inout JSONName, seed: UInt64) -> JSONFault? {
        let start = Int(indexes[token])
        guard bytes[start] == UInt8(ascii: "\"") else { return fault("a member's name in quotes should be here") }
        let end = scalarEnd()
        guard end &- start >= 2, bytes[end &- 1] == UInt8(ascii: "\"") else { return fault("a string is not closed") }
        let count = end &- start &- 2
        var flags: UInt8 = 0
        var hash: UInt32 = 0
        if mayEscape, JSONGrammar.hasBackslash(bytes + start + 1, count) {
            if let bad = JSONGrammar.badEscape(bytes, start + 1, count) { return bad }
            flags = JSONNode.nameEscaped
            hash = NameHash.hash(JSONGrammar.unescaped(bytes + start + 1, count))
        } else {
            hash = NameHash.hash(bytes + start + 1, count, seed: seed)
        }
        name = JSONName(
            offset: UInt32(truncatingIfNeeded: start &+ 1), byteCount: UInt32(truncatingIfNeeded: count), hash: hash, flags: flags)
        token &+= 1
        guard token < tokenCount, byte == UInt8(ascii: ":") else { return fault("a colon is missing after a member's name") }
        token &+= 1
        return nil
    }

    /// Reads the string, number or literal at the present token and moves past it.
    @inline(__always)
    mutating func readScalar(_ opener: UInt8, _ name: JSONName) -> JSONFault? {
        let start = Int(indexes[token])
        switch opener {
        case UInt8(ascii: "\""):
            let end = scalarEnd()
            guard end &- start >= 2, bytes[end &- 1] == UInt8(ascii: "\"") else { return fault("a string is not closed") }
            let count = end &- start &- 2
            var flags: UInt8 = 0
            if mayEscape, JSONGrammar.hasBackslash(bytes + start + 1, count) {
                if let bad = JSONGrammar.badEscape(bytes, start + 1, count) { return bad }
                flags = JSONNode.valueEscaped
            }
            append(.string, offset: start &+ 1, byteCount: count, flags: flags, name)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let end = scalarEnd()
            guard JSONGrammar.isNumber(bytes + start, end &- start) else { return fault("not a number as RFC 8259 writes it") }
            append(.number, offset: start, byteCount: end &- start, flags: 0, name)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            let end = scalarEnd()
            guard let kind = JSONGrammar.literal(bytes + start, end &- start) else { return fault("neither true, false nor null") }
            append(kind, offset: start, byteCount: end &- start, flags: 0, name)
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
            return fault("a value should be here")
        default:
            return fault("no value begins with this character")
        }
        token &+= 1
        return nil
    }

    /// Whether two members (by node) carry one name once unescaped. The later one's place is the fault's.
    func faultIfSameName(_ first: Int, _ second: Int) -> JSONFault? {
        // A tape of what is laid down so far knows how names are read.
        let tape = JSONTape(bytes: bytes, byteCount: byteCount, nodes: nodes, count: nodeCount, textOffset: 0)
        let (a, b) = (tape.name(of: first), tape.name(of: second))
        guard a == b else { return nil }
        let later = max(nodes[first].nameOffset, nodes[second].nameOffset)
        return JSONFault(offset: Int(later) - 1, reason: "the member name \(JSONGrammar.shown(a)) repeats")
    }
}

internal import Glibc

/// A JSON text that has been read: its values in document order, pointing into its bytes.
///
/// It owns nothing: valid while the reader and the text that made it are. Node numbers come from the tape itself (0 is the
/// root) and are not checked again.
///
/// ```
/// {"a": [1, "x"], "b": null}
/// 0 object  end 5      1 array "a"  end 4      2 number 1      3 string x      4 null "b"  end 5
/// ```
package struct JSONTape {
    /// The text after its BOM; offsets of nodes count from here.
    package let bytes: UnsafePointer<UInt8>
    package let byteCount: Int
    package let nodes: UnsafePointer<JSONNode>
    package let count: Int
    /// Bytes of the BOM before `bytes`.
    package let textOffset: Int

    init(bytes: UnsafePointer<UInt8>, byteCount: Int, nodes: UnsafePointer<JSONNode>, count: Int, textOffset: Int) {
        self.bytes = bytes
        self.byteCount = byteCount
        self.nodes = nodes
        self.count = count
        self.textOffset = textOffset
    }

    @inline(__always)
    package subscript(node: Int) -> JSONNode { nodes[node] }

    /// Nodes of the members or elements, in order.
    /// None for a scalar. Each step jumps over what a child holds.
    package func children(of node: Int) -> Children {
        let parent = nodes[node]
        return Children(nodes: nodes, position: node + 1, end: parent.isContainer ? Int(parent.end) : node + 1)
    }

    package struct Children: Sequence, IteratorProtocol {
        let nodes: UnsafePointer<JSONNode>
        var position: Int
        let end: Int

        @inline(__always)
        package mutating func next() -> Int? {
            guard position < end else { return nil }
            defer { position = Int(nodes[position].end) }
            return position
        }
    }

    /// The bytes of the value as they stand in the text: with quotes or brackets, without blanks around.
    package func range(of node: Int) -> Range<Int> {
        let value = nodes[node]
        let start = Int(value.offset)
        if value.kind == .string { return start - 1..<start + Int(value.byteCount) + 1 }
        return start..<start + Int(value.byteCount)
    }

    /// A string's text, or a number's or literal's bytes.
    package func text(of node: Int) -> [UInt8] {
        let value = nodes[node]
        let start = bytes + Int(value.offset)
        if value.isEscaped { return JSONGrammar.unescaped(start, Int(value.byteCount)) }
        return Array(UnsafeBufferPointer(start: start, count: Int(value.byteCount)))
    }

    package func string(of node: Int) -> String { String(decoding: text(of: node), as: UTF8.self) }

    /// A member's name, unescaped; empty for an element.
    package func name(of node: Int) -> [UInt8] {
        let value = nodes[node]
        let start = bytes + Int(value.nameOffset)
        if value.isNameEscaped { return JSONGrammar.unescaped(start, Int(value.nameByteCount)) }
        return Array(UnsafeBufferPointer(start: start, count: Int(value.nameByteCount)))
    }

    @inline(__always)
    /// Whether a member has that name, unescaped.
    ///
    /// - Parameter hash: `NameHash` of the name: nearly always it tells.
    func isNamed(_ node: Int, _ name: UnsafePointer<UInt8>, _ count: Int, hash: UInt32) -> Bool {
        let value = nodes[node]
        guard value.nameHash == hash else { return false }
        if _fastPath(!value.isNameEscaped) {
            return Int(value.nameByteCount) == count && memcmp(bytes + Int(value.nameOffset), name, count) == 0
        }
        return self.name(of: node).elementsEqual(UnsafeBufferPointer(start: name, count: count))
    }

    /// The member of an object, by its unescaped name.
    ///
    /// - Returns: nil where there is none, or `node` is no object.
    /// - Complexity: O(members).
    package func member(_ name: String, of node: Int) -> Int? {
        guard nodes[node].kind == .object else { return nil }
        let wanted = Array(name.utf8)
        let hash = NameHash.hash(wanted)
        for child in children(of: node) where nodes[child].nameHash == hash && self.name(of: child) == wanted { return child }
        return nil
    }

    /// The JSON Pointer (RFC 6901) from `root` to `node`, which it holds; "" for the root itself. For messages: walks from the root.
    ///
    /// - Parameters:
    ///   - missing: a name below `node`, where nothing is.
    ///   - work: charged for what is walked; where that is too much the pointer is that of what holds the node.
    /// - Complexity: O(the siblings before each node on the way).
    package func pointer(to node: Int, missing: [UInt8]? = nil, from root: Int = 0, charging work: WorkBudget? = nil) -> String {
        var path = ""
        var container = root
        while container != node {
            var position = 0
            var found: Int?
            // In a step's time four siblings are jumped over, or some bytes of a name copied.
            for child in children(of: container) {
                guard work?.mayFindPlace(in: position / 4) != false else { break }
                if node >= child, node < Int(nodes[child].end) {
                    found = child
                    break
                }
                position += 1
            }
            let nameByteCount = found.map { Int(truncatingIfNeeded: nodes[$0].nameByteCount) } ?? 0
            if let work, !work.chargePlace(position / 4 &+ nameByteCount / 16 &+ 1) { return path }
            guard let found else { return path }
            path += nodes[container].kind == .array ? "/\(position)" : "/" + Self.escaped(String(decoding: name(of: found), as: UTF8.self))
            container = found
        }
        return missing.map { path + "/" + Self.escaped(String(decoding: $0, as: UTF8.self)) } ?? path
    }

    /// A reference token as a pointer writes it: `~` as `~0`, `/` as `~1`.
    package static func escaped(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
        var escaped = ""
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

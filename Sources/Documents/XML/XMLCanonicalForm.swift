internal import Glibc

/// Exclusive XML Canonicalization 1.0 (without comments) of an element of a tape, as libxml2 writes it.
struct XMLCanonicalForm {
    private let tape: XMLTape
    private var bytes: [UInt8] = []
    /// Prefixes that are written on the elements around, innermost last: what they stand for.
    private var written: [(prefix: UnsafeBufferPointer<UInt8>, namespace: UInt16)] = []

    /// - Parameter node: an element.
    static func bytes(of node: Int, in tape: XMLTape) -> [UInt8] {
        var form = XMLCanonicalForm(tape: tape)
        let element = tape.nodes[node]
        let first = Int(element.nameOffset)
        // About as long as it is in the text, which goes on to where the next element begins.
        var end = Int(element.end)
        while end < tape.count, tape.nodes[end].kind != .element { end += 1 }
        form.bytes.reserveCapacity((end < tape.count ? Int(tape.nodes[end].nameOffset) : tape.textByteCount) - first + 512)
        form.add(element: node)
        return form.bytes
    }

    private init(tape: XMLTape) { self.tape = tape }

    /// As deep as the scanner lets a document be.
    private mutating func add(element node: Int) {
        let element = tape.nodes[node]
        let name = tape.name(element)
        let writtenCount = written.count
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name)
        addNamespaces(of: node, element)
        addAttributes(from: node + 1, to: Int(element.offset))
        bytes.append(UInt8(ascii: ">"))
        var child = Int(element.offset)
        while child < Int(element.end) {
            let present = tape.nodes[child]
            if present.kind == .element { add(element: child) } else { addText(tape.value(present)) }
            child = Int(present.end)
        }
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: ">"))
        written.removeLast(written.count - writtenCount)
    }

    /// The namespaces that the names of an element and its attributes need and that no element around has written, by their prefixes.
    private mutating func addNamespaces(of node: Int, _ element: XMLNode) {
        let count = written.count
        note(tape.prefix(element), element.namespace)
        for attribute in node + 1..<max(Int(element.offset), node + 1) where tape.nodes[attribute].prefixByteCount > 0 {
            note(tape.prefix(tape.nodes[attribute]), tape.nodes[attribute].namespace)
        }
        guard written.count > count else { return }
        if written.count > count + 1 { written[count...].sort { Self.precedes($0.prefix, $1.prefix) } }
        for (prefix, namespace) in written[count...] {
            bytes.append(contentsOf: " xmlns".utf8)
            if !prefix.isEmpty { bytes.append(UInt8(ascii: ":")) }
            bytes.append(contentsOf: prefix)
            bytes.append(UInt8(ascii: "="))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: tape.uri(namespace))
            bytes.append(UInt8(ascii: "\""))
        }
    }

    private mutating func note(_ prefix: UnsafeBufferPointer<UInt8>, _ namespace: UInt16) {
        if let known = written.last(where: { $0.prefix.count == prefix.count && $0.prefix.elementsEqual(prefix) }) {
            if known.namespace == namespace { return }
        } else if namespace == 0 {
            return
        }
        written.append((prefix, namespace))
    }

    private static func precedes(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool { one.lexicographicallyPrecedes(other) }

    /// By namespace and local name, those of none first.
    private mutating func addAttributes(from start: Int, to end: Int) {
        guard start < end else { return }
        if end - start == 1 { return add(attribute: tape.nodes[start]) }
        let tape = tape
        let sorted = (start..<end).sorted { one, other in
            let (one, other) = (tape.nodes[one], tape.nodes[other])
            if one.namespace != other.namespace { return Self.precedes(tape.uri(one.namespace), tape.uri(other.namespace)) }
            return Self.precedes(tape.localName(one), tape.localName(other))
        }
        for attribute in sorted { add(attribute: tape.nodes[attribute]) }
    }

    private mutating func add(attribute: XMLNode) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: tape.name(attribute))
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
        for byte in tape.value(attribute) {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case 0x09: bytes.append(contentsOf: "&#x9;".utf8)
            case 0x0A: bytes.append(contentsOf: "&#xA;".utf8)
            case 0x0D: bytes.append(contentsOf: "&#xD;".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func addText(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in 0..<text.count {
            let escape: StaticString
            switch text[index] {
            case UInt8(ascii: "&"): escape = "&amp;"
            case UInt8(ascii: "<"): escape = "&lt;"
            case UInt8(ascii: ">"): escape = "&gt;"
            case 0x0D: escape = "&#xD;"
            default: continue
            }
            bytes.append(contentsOf: text[start..<index])
            bytes.append(contentsOf: UnsafeBufferPointer(start: escape.utf8Start, count: escape.utf8CodeUnitCount))
            start = index + 1
        }
        bytes.append(contentsOf: text[start...])
    }
}

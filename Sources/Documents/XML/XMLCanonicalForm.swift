internal import Glibc

/// Exclusive XML Canonicalization 1.0 (without comments) of an element of a tape, as libxml2 writes it.
///
/// See https://www.w3.org/TR/xml-exc-c14n/ and, for what both share, https://www.w3.org/TR/xml-c14n, section 2.3. It is a receipt's document where
/// several stand in one envelope, so its bytes must be the same whether a tape or libxml2 (`XMLDocument.canonicalForm`) made them. Tests compare
/// both.
///
/// - Start and end tags always, no `<a/>`; names as they are written.
/// - A namespace is declared where a name needs it and no element around that was written declares it alike, not where the document does.
/// - Namespaces by prefix, the default first; attributes by namespace, then local name.
/// - Values in double quotes; `&`, `<`, `"` and tabs, line feeds and carriage returns as references; in texts `&`, `<`, `>` and carriage returns.
struct XMLCanonicalForm {
    private let tape: XMLTape
    private var output: Output
    /// Prefixes that are written on the elements around, innermost last: what they stand for.
    ///
    /// A stack: an element takes off what it put on.
    private var written: [(prefix: UnsafeBufferPointer<UInt8>, namespace: UInt16)] = []

    /// - Parameter node: an element.
    /// - Returns: UTF-8. As the element's own: what stands around it in the document does not show.
    /// - Complexity: O(bytes of the element), and for each name the prefixes in force.
    static func bytes(of node: Int, in tape: XMLTape) -> [UInt8] {
        let element = tape.nodes[node]
        // Elements begin at their name; the tape has no place of a closing tag, so the next element's beginning stands for it.
        let first = Int(element.nameOffset)
        // About as long as it is in the text, which goes on to where the next element begins.
        var end = Int(element.end)
        while end < tape.count, tape.nodes[end].kind != .element { end += 1 }
        var form = XMLCanonicalForm(tape: tape, capacity: (end < tape.count ? Int(tape.nodes[end].nameOffset) : tape.textByteCount) - first + 512)
        defer { form.output.deallocate() }
        form.add(element: node)
        return form.output.array
    }

    private init(tape: XMLTape, capacity: Int) {
        self.tape = tape
        output = Output(capacity: capacity)
    }

    /// As deep as the scanner lets a document be.
    ///
    /// Recursion is bounded by `XMLReader.depthMax`.
    private mutating func add(element node: Int) {
        let element = tape.nodes[node]
        let name = tape.name(element)
        let writtenCount = written.count
        output.append(UInt8(ascii: "<"))
        output.append(name)
        addNamespaces(of: node, element)
        addAttributes(from: node + 1, to: Int(element.offset))
        output.append(UInt8(ascii: ">"))
        // Attributes lie between the element and `offset`; behind them elements and texts alternate as they come.
        var child = Int(element.offset)
        while child < Int(element.end) {
            let present = tape.nodes[child]
            if present.kind == .element { add(element: child) } else { addText(tape.value(present)) }
            child = Int(present.end)
        }
        output.append("</")
        output.append(name)
        output.append(UInt8(ascii: ">"))
        written.removeLast(written.count - writtenCount)
    }

    /// The namespaces that the names of an element and its attributes need and that no element around has written, by their prefixes.
    ///
    /// - Parameter node: the element's number.
    private mutating func addNamespaces(of node: Int, _ element: XMLNode) {
        // Those of this element are put on the stack unsorted, and sorted there.
        let count = written.count
        note(tape.prefix(element), element.namespace)
        for attribute in node + 1..<max(Int(element.offset), node + 1) where tape.nodes[attribute].prefixByteCount > 0 {
            note(tape.prefix(tape.nodes[attribute]), tape.nodes[attribute].namespace)
        }
        guard written.count > count else { return }
        if written.count > count + 1 { written[count...].sort { Self.precedes($0.prefix, $1.prefix) } }
        for (prefix, namespace) in written[count...] {
            output.append(prefix.isEmpty ? " xmlns" : " xmlns:")
            output.append(prefix)
            output.append("=\"")
            output.append(tape.uri(namespace))
            output.append(UInt8(ascii: "\""))
        }
    }

    /// Puts a prefix on the stack if it is not in force. No namespace needs writing only where a default one is in force: `xmlns=""`.
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
    ///
    /// Number 0 has an empty URI and so comes first.
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

    /// Section 2.3 on attribute nodes.
    private mutating func add(attribute: XMLNode) {
        output.append(UInt8(ascii: " "))
        output.append(tape.name(attribute))
        output.append("=\"")
        addEscaped(tape.value(attribute)) { byte in
            switch byte {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: "\""): "&quot;"
            case 0x09: "&#x9;"
            case 0x0A: "&#xA;"
            case 0x0D: "&#xD;"
            default: nil
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func addText(_ text: UnsafeBufferPointer<UInt8>) {
        addEscaped(text) { byte in
            switch byte {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case 0x0D: "&#xD;"
            default: nil
            }
        }
    }

    /// Runs of plain bytes are copied at once.
    @inline(__always)
    private mutating func addEscaped(_ text: UnsafeBufferPointer<UInt8>, _ escape: (UInt8) -> StaticString?) {
        var start = 0
        for index in 0..<text.count {
            guard let escaped = escape(text[index]) else { continue }
            output.append(UnsafeBufferPointer(rebasing: text[start..<index]))
            output.append(escaped)
            start = index + 1
        }
        output.append(UnsafeBufferPointer(rebasing: text[start...]))
    }
}

/// Bytes being written: an array would ask at each of them whether it is its only owner.
///
/// Freed by hand.
private struct Output {
    private var base: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    func deallocate() { base.deallocate() }

    var array: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        append(start, bytes.count)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(1) }
        base[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    @inline(__always)
    private mutating func append(_ bytes: UnsafePointer<UInt8>, _ added: Int) {
        if capacity &- count < added { grow(added) }
        base.advanced(by: count).update(from: bytes, count: added)
        count &+= added
    }

    /// Doubled, so that appending costs O(1) a byte.
    private mutating func grow(_ added: Int) {
        let larger = max(capacity &* 2, count &+ added)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        grown.update(from: base, count: count)
        base.deallocate()
        (base, capacity) = (grown, larger)
    }
}

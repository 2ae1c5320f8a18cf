internal import CXML2
package import Query

/// XPath for questions, with the reader, the bounds and the work that documents have which are posted.
///
/// PostgreSQL's `xpath` is the model: what it selects, and how nodes are written.
package final class XPathReader: XPathReading {
    package static let shared = XPathReader()

    private init() {}

    /// - Throws: `XPathFault` for a text that is no XPath 1.0, or names a prefix that `namespaces` has not.
    package func expression(_ path: String, namespaces: [String: String]) throws(XPathFault) -> any XPathExpression {
        for (prefix, uri) in namespaces where uri.isEmpty || prefix.utf8.contains(0) || uri.utf8.contains(0) || uri.contains("'") && uri.contains("\"") {
            throw XPathFault("the prefix '\(prefix)' has no namespace that could be looked for")
        }
        do throws(TypeFileFault) {
            return Selection(path: try XMLPath(path, namespaces: namespaces.mapValues { [$0] }, isOfType: false))
        } catch {
            throw XPathFault(error.message)
        }
    }

    /// About what a text takes while it is read and asked, in bytes: charged before.
    package func treeByteCount(of text: UnsafeRawBufferPointer) -> Int {
        // A small one may as well be of tags alone. Half as much again for the nodes that were found, and their order.
        max(XMLReader.readingByteCount(text), 32 * min(text.count, 256 << 10)) / 2 * 3
    }

    /// An expression that was compiled; any thread may ask it, each call with a tree of its own.
    private struct Selection: XPathExpression {
        let path: XMLPath

        /// Each call reads the text anew.
        ///
        /// - Throws: `XPathFault` for a text that is no XML, a path that takes too much work, or one that cannot be evaluated for it.
        func select(in text: UnsafeRawBufferPointer, _ take: ([UInt8]) -> Bool) throws(XPathFault) {
            let document: XMLDocument
            do throws(DocumentError) { document = try XMLReader.read(text, keepsSections: true) } catch { throw XPathFault("not XML that can be read: \(error.detail)") }
            let work = WorkBudget.bounded(byteCount: text.count)
            let evaluator = XPathEvaluator(document: document, arena: Arena(), work: work)
            var nodes: [Int] = []
            evaluator.forEach(path, from: Int(bitPattern: UnsafeMutableRawPointer(document.tree))) { node in
                nodes.append(node)
                return true
            }
            for node in nodes {
                guard let text = XMLText.written(node, in: evaluator) else { continue }
                guard work.charge(text.count, .xpath), take(text) else { break }
            }
            if work.isExhausted { throw XPathFault("the path takes more work than a document of \(text.count) bytes may") }
            if let fault = evaluator.takeFault() { throw XPathFault("\(fault.path) cannot be evaluated: \(fault.reason)") }
        }
    }
}

/// What a path selected, as XML: as libxml2 writes it for PostgreSQL.
private enum XMLText {
    static func written(_ node: Int, in evaluator: XPathEvaluator) -> [UInt8]? {
        guard node > 0 else {
            let value = evaluator.value(node)
            if let number = evaluator.number(node) {
                var text: [UInt8] = []
                NumberText.appendDouble(number, to: &text)
                return text
            }
            return escaped(UnsafeBufferPointer(start: value.bytes, count: value.count))
        }
        guard let found = xmlNodePtr(bitPattern: node) else { return nil }
        switch found.pointee.type {
        case XML_ATTRIBUTE_NODE, XML_TEXT_NODE:
            guard let text = xmlXPathCastNodeToString(found) else { return nil }
            defer { till_xml_free(text) }
            return escaped(UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text))))
        case XML_DOCUMENT_NODE: return dumped(found)
        default:
            // A copy brings along the namespaces that are declared further up.
            guard let copy = xmlCopyNode(found, 1) else { return nil }
            defer { xmlFreeNode(copy) }
            return dumped(copy)
        }
    }

    private static func dumped(_ node: xmlNodePtr) -> [UInt8]? {
        guard let buffer = xmlBufferCreate() else { return nil }
        defer { xmlBufferFree(buffer) }
        guard xmlNodeDump(buffer, nil, node, 0, 0) >= 0 else { return nil }
        return Array(UnsafeBufferPointer(start: xmlBufferContent(buffer), count: Int(xmlBufferLength(buffer))))
    }

    /// Text of XML: what would begin markup, and a carriage return, which a reader would take for a line end.
    private static func escaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var written: [UInt8] = []
        written.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): written += "&amp;".utf8
            case UInt8(ascii: "<"): written += "&lt;".utf8
            case UInt8(ascii: ">"): written += "&gt;".utf8
            case UInt8(ascii: "\r"): written += "&#x0d;".utf8
            default: written.append(byte)
            }
        }
        return written
    }
}

import XCTest

@testable import Documents

/// Goal: nodes come in document order, whatever they are. Method: documents whose texts say their own places, and one of many texts beside each other. What those may take is charged for
/// before (`XPathReaderTests`): libxml2 puts them into an order of its own, for which it walks over the siblings of each.
final class XPathNodeOrderTests: XCTestCase {
    /// What each of the nodes says, in their order.
    private func found(_ path: String, _ text: String) throws -> [String] {
        let path = try XMLPath(path, namespaces: [:], isOfType: false), said = try XMLPath("string(.)", namespaces: [:], isOfType: false)
        return try Array(text.utf8).withUnsafeBytes { bytes in
            let document = try XMLReader.read(bytes)
            let evaluator = XPathEvaluator(document: document, arena: Arena(), work: .unlimited)
            var nodes: [Int] = []
            evaluator.forEach(path, from: Int(bitPattern: UnsafeMutableRawPointer(document.tree))) { node in
                nodes.append(node)
                return true
            }
            return nodes.map { node in
                var texts = ""
                evaluator.forEach(said, from: node) { value in
                    let text = evaluator.value(value)
                    texts += String(decoding: UnsafeBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
                    return true
                }
                return texts
            }
        }
    }

    func test_nodesOfAllKinds_standInDocumentOrder() throws {
        let text = #"<!--1--><d><!--2--><r n="3" m="4">5<b o="6">7<c/>8<!--9--></b>10<!--11--><e p="12"/>13<f><g>14</g></f><!--15-->16</r>17</d><!--18-->"#
        let wanted = (1...18).map(String.init)
        for path in ["//text() | //@* | //comment()", "//comment() | //text() | //@*", "//@* | //comment() | //text()[. > 9] | //text() | //@n"] { XCTAssertEqual(try found(path, text), wanted, path) }
        // Elements stand before what is in them, and behind what comes before them.
        XCTAssertEqual(try found("//text() | //c | //e | //g | //@o", text), ["5", "6", "7", "", "8", "10", "", "13", "14", "14", "16", "17"])
        XCTAssertEqual(try found("/d/r/text() | / | //f", text).suffix(4), ["10", "13", "14", "16"])
        XCTAssertEqual(try found("//g | //b/@o | //f", text), ["6", "14", "14"])
        XCTAssertEqual(try found("/d/r/node()", text), ["5", "78", "10", "11", "", "13", "14", "15", "16"])
    }

    func test_textsOfOneElement_standInDocumentOrder() throws {
        let text = "<r>" + String(repeating: "x<!--y-->", count: 1_000) + "</r>"
        XCTAssertEqual(try found("/r/text()", text).count, 1_000)
        let nodes = try found("//comment() | //text()", text)
        XCTAssertEqual(nodes.count, 2_000)
        XCTAssertEqual(nodes.prefix(4), ["x", "y", "x", "y"])
        XCTAssertEqual(nodes.suffix(2), ["x", "y"])
    }
}

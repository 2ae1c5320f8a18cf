import Foundation
import TestSupport
import XCTest

@testable import Documents

/// The scanner against libxml2: what it takes, libxml2 takes and understands alike. Random documents, and texts with bytes changed.
final class XMLScannerTests: XCTestCase {
    private let scanner = XMLScanner()

    /// Nil where the scanner gives way.
    private func canonicalForm(byTape text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { text in scanner.tape(of: text).map { XMLCanonicalForm.bytes(of: $0.rootElement, in: $0) } }
    }

    /// Elements, their canonical forms, texts and places: by the tree and by the tape, if there is one.
    private func assertAgree(_ text: [UInt8], _ message: String = "", file: StaticString = #filePath, line: UInt = #line) throws -> Bool {
        try text.withUnsafeBytes { bytes in
            guard let tape = scanner.tape(of: bytes) else { return false }
            let shown = "\(message) \(String(decoding: text.prefix(2_000), as: UTF8.self))"
            let document: XMLDocument
            do {
                document = try XMLReader.read(bytes)
            } catch {
                XCTFail("libxml2 refuses what the scanner takes: \(error) \(shown)", file: file, line: line)
                return true
            }
            let arena = Arena()
            let paths = [try XMLPath("//*", namespaces: [:]), try XMLPath("@*", namespaces: [:])]
            let tree = XMLSource(document: document, paths: paths, arena: arena, evaluator: XPathEvaluator(document: document, arena: arena))
            let compiled = try XCTUnwrap(XMLTapePaths(paths, namespaces: [:]))
            let flat = XMLTapeSource(tape: tape, paths: paths, compiled: compiled, arena: arena, work: .unlimited)
            let (ofTree, ofTape) = (nodes(tree, 0, from: tree.root), nodes(flat, 0, from: flat.root))
            guard ofTree.count == ofTape.count else {
                XCTFail("\(ofTree.count) elements, not \(ofTape.count): \(shown)", file: file, line: line)
                return true
            }
            for (one, other) in zip(ofTree, ofTape) {
                let wanted = document.canonicalForm(ofNode: one)
                XCTAssertEqual(wanted.map { String(decoding: $0, as: UTF8.self) }, String(decoding: XMLCanonicalForm.bytes(of: other, in: tape), as: UTF8.self), shown, file: file, line: line)
                XCTAssertEqual(tree.text(one).string, flat.text(other).string, shown, file: file, line: line)
                XCTAssertEqual(tree.location(of: one, within: tree.root), flat.location(of: other, within: flat.root), shown, file: file, line: line)
                let (attributes, others) = (nodes(tree, 1, from: one), nodes(flat, 1, from: other))
                XCTAssertEqual(attributes.map { tree.text($0).string }, others.map { flat.text($0).string }, shown, file: file, line: line)
                XCTAssertEqual(attributes.map { tree.location(of: $0, within: one) }, others.map { flat.location(of: $0, within: other) }, shown, file: file, line: line)
            }
            return true
        }
    }

    private func nodes(_ source: some DocumentSource, _ path: Int, from node: Int) -> [Int] {
        var nodes: [Int] = []
        source.forEach(path, from: node) { found in
            nodes.append(found)
            return true
        }
        return nodes
    }

    func test_tape_documentsAsProgramsWriteThem_areTaken() throws {
        for text in [
            "<a/>", "<a></a>", " <a > </a >\n", "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<a b='1'\r\n\tc = \"2\"/>",
            "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='x.xsl'?><!-- who --><a><!-- - --></a><!---->", "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#13;</a>",
            "<a b='x&#10;y\tz\r\nw&quot;\"'/>", "<a>x\r\ny<![CDATA[<&]]><![CDATA[]]>z]]</a>", "<p:a xmlns:p='urn:p' p:b='1' b='2'><p:c xmlns:p='urn:q'/></p:a>",
            "<a xmlns='http://www.w3.org/2000/09/xmldsig#'><b xmlns=''><c/></b></a>", "<a>\u{FFFD}\u{F900}Їжак😀</a>", "<a.b-c_1/>", "<a>\u{7F}\u{80}</a>",
            String(repeating: "<a>", count: 128) + String(repeating: "</a>", count: 128),
            // As many nodes as their bytes can hold.
            String(repeating: "<a>b", count: 128) + String(repeating: "</a>c", count: 127) + "</a>", "<a>" + String(repeating: "<b/>c", count: 200) + "</a>",
            "<a>" + String(repeating: "<b c=''/>", count: 200) + "</a>",
        ] {
            XCTAssertTrue(try assertAgree(Array(text.utf8)), text)
        }
    }

    func test_tape_whateverIsWrongOrRare_isLeftToLibxml2() {
        for text in [
            "", " ", "a", "<", "<a", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<!DOCTYPE a><a/>", "<a><?pi x?></a>", "<?pi x?><a/>", "<a/><?pi x?>", "<a b='1' b='2'/>",
            "<a b=1/>", "<a b/>", "<a b='1'c='2'/>", "<a b='<'/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&</a>", "<a>&amp</a>", "<a>&;</a>", "<a>]]></a>",
            "<a>\u{0}</a>", "<a>\u{1}</a>", "<a>\u{FFFE}</a>", "<a b='\u{FFFF}'/>", "<a><!-- -- --></a>", "<a><!--</a>", "<a><![CDATA[</a>", "<![CDATA[x]]>", "<a:b/>", "<a b:c='1'/>", "<a:b:c xmlns:a='urn:a'/>",
            "<:a/>", "<a:/>", "<a xmlns:b=''/>", "<a xmlns:xml='urn:x'/>", "<a xmlns:xmlns='urn:x'/>", "<a xml:lang='en'/>", "<a xmlns='relative'/>", "<a xmlns='http://a b'/>", "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<a xmlns:p='urn:1' xmlns:p='urn:2'/>", "<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='' q:b=''/>", "<ä/>", "<a ä='1'/>", "<1/>", "\u{FEFF}<a/>", "<a>x\ry</a>", "<a b='x\ry'/>",
            "<?xml version='1.1'?><a/>", "<?xml version='1.0' encoding='utf-16'?><a/>", "<?xml?><a/>", " <?xml version='1.0'?><a/>", "<?XML version='1.0'?><a/>",
            String(repeating: "<a>", count: 129) + String(repeating: "</a>", count: 129), "<a " + (0...64).map { "b\($0)='' " }.joined() + "/>",
            "<a " + (0...64).map { "xmlns:b\($0)='urn:b\($0)' " }.joined() + "/>", "<" + String(repeating: "a", count: 1_001) + "/>",
        ] {
            XCTAssertNil(canonicalForm(byTape: Array(text.utf8)), String(text.prefix(80)))
        }
    }

    func test_tape_randomDocuments_agreeWithTheTree() throws {
        var random = SplitMix64(state: 0x7A9E)
        var takenCount = 0
        for round in 0..<2_000 {
            let text = XMLTexts.document(using: &random)
            if try assertAgree(Array(text.utf8), "round \(round)") { takenCount += 1 }
        }
        XCTAssertGreaterThan(takenCount, 1_500)
    }

    func test_tape_textsWithBytesChanged_areTakenOnlyWhereLibxml2TakesThem() throws {
        var random = SplitMix64(state: 0x7A9F)
        let marks = Array("<>/&;\"'=?![]:-#x \r\n\t\u{0}".utf8)
        var takenCount = 0
        for round in 0..<20_000 {
            var text = Array(XMLTexts.document(using: &random).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = marks.randomElement(using: &random) ?? 0
                case 1: text.remove(at: place)
                case 2: text.insert(marks.randomElement(using: &random) ?? 0, at: place)
                default:
                    let end = min(text.count, place + Int.random(in: 1...12, using: &random))
                    text.insert(contentsOf: text[place..<end], at: Int.random(in: 0...text.count, using: &random))
                }
                if text.isEmpty { text = [0x20] }
            }
            // The scanner is given UTF-8 only.
            guard String(validating: text, as: UTF8.self) != nil else { continue }
            if try assertAgree(text, "round \(round)") { takenCount += 1 }
        }
        XCTAssertGreaterThan(takenCount, 1_000)
    }
}

/// Random XML: small, and rich in what is written rarely.
enum XMLTexts {
    static func document(using random: inout SplitMix64) -> String {
        var text = ""
        if Bool.random(using: &random) { text += ["<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='utf-8'?>\n", "<!-- a -->"].randomElement(using: &random) ?? "" }
        var nodesLeft = Int.random(in: 1...25, using: &random)
        text += element(["": "", "p": "urn:p", "q": "http://q.example/x#y"], isRoot: true, depth: 0, &nodesLeft, using: &random)
        if Int.random(in: 0..<8, using: &random) == 0 { text += "\r\n<!-- z -->\n" }
        return text
    }

    private static func name(_ names: [String], using random: inout SplitMix64) -> String { names.randomElement(using: &random) ?? "a" }

    private static func element(_ bound: [String: String], isRoot: Bool, depth: Int, _ nodesLeft: inout Int, using random: inout SplitMix64) -> String {
        nodesLeft -= 1
        var bound = bound
        var declarations = isRoot ? " xmlns:p='urn:p' xmlns:q=\"http://q.example/x#y\"" : ""
        if Int.random(in: 0..<8, using: &random) == 0, !isRoot {
            let prefix = name(["", "p", "q"], using: &random)
            let uri = prefix.isEmpty ? name(["", "urn:p", "urn:d"], using: &random) : name(["urn:p", "urn:r"], using: &random)
            bound[prefix] = uri
            declarations += prefix.isEmpty ? " xmlns='\(uri)'" : " xmlns:\(prefix)='\(uri)'"
        }
        let prefix = name(["", "", "", "p:", "q:"], using: &random)
        let tag = prefix + name(["a", "b", "c", "d"], using: &random)
        var attributes = ""
        for attribute in ["x", "y", "p:x", "q:z"] where Int.random(in: 0..<5, using: &random) == 0 {
            // Two prefixes may come to mean one namespace: then libxml2 refuses the pair.
            let quote = name(["'", "\""], using: &random)
            attributes += name([" ", "  ", "\n\t"], using: &random) + attribute + name(["=", " = "], using: &random) + quote + text(isAttribute: true, using: &random).replacing(quote, with: "") + quote
        }
        let start = "<" + tag + (Bool.random(using: &random) ? declarations + attributes : attributes + declarations)
        if nodesLeft <= 0 || Int.random(in: 0..<6, using: &random) == 0 { return start + name(["/>", " />", "></\(tag)>"], using: &random) }
        var content = ""
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: content += "<!-- \(name(["c", "<x>", "&amp;"], using: &random)) -->"
            case 1: content += "<![CDATA[\(name(["", "<&>", " ] ", "x"], using: &random))]]>"
            case 2, 3: content += text(isAttribute: false, using: &random)
            default: if nodesLeft > 0, depth < 12 { content += element(bound, isRoot: false, depth: depth + 1, &nodesLeft, using: &random) }
            }
        }
        return start + ">" + content + "</\(tag)" + name(["", " "], using: &random) + ">"
    }

    private static func text(isAttribute: Bool, using random: inout SplitMix64) -> String {
        let pieces = ["", " ", "1", "a", "ab", "12.50", "\n", "\r\n ", "\t", "&lt;", "&amp;", "&#x41;", "&quot;", "Ї", "😀", "'", "\"", ">", "]", "&#10;", "&#13;", "&#9;", "x y", "7"]
        return (0..<Int.random(in: 0...3, using: &random)).map { _ in name(pieces, using: &random) }.joined()
    }
}

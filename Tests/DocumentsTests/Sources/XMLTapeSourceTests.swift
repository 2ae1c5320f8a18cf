import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents

/// Paths and whole readings by tape and by tree: the same nodes, columns, faults and canonical forms.
final class XMLTapeSourceTests: XCTestCase {
    private let scanner = XMLScanner()
    private let namespaces = ["p": ["urn:p"], "n": ["urn:p", "urn:d", ""], "q": ["http://q.example/x#y", "urn:r"]]

    /// What a path finds from the document and from each element, as place and text: by the tree, then by the tape.
    private func found(_ path: String, in text: String) throws -> (tree: [String], tape: [String])? {
        let paths = [try XMLPath("//*", namespaces: [:]), try XMLPath(path, namespaces: namespaces)]
        let compiled = try XCTUnwrap(XMLTapePaths(paths, namespaces: namespaces), path)
        return try Array(text.utf8).withUnsafeBytes { bytes in
            guard let tape = scanner.tape(of: bytes) else { return nil }
            let document = try XMLReader.read(bytes)
            let arena = Arena()
            let tree = XMLSource(document: document, paths: paths, arena: arena, evaluator: XPathEvaluator(document: document, arena: arena))
            let flat = XMLTapeSource(tape: tape, paths: paths, compiled: compiled, arena: arena, work: .unlimited)
            return (answers(tree), answers(flat))
        }
    }

    private func answers(_ source: some DocumentSource) -> [String] {
        func nodes(_ path: Int, from node: Int) -> [Int] {
            var nodes: [Int] = []
            source.forEach(path, from: node) { found in
                nodes.append(found)
                return true
            }
            return nodes
        }
        return ([source.root] + nodes(0, from: source.root)).map { start in
            nodes(1, from: start).map { source.location(of: $0, within: source.root) + "=" + source.text($0).string }.joined(separator: " ")
                + " first " + (source.first(1, from: start) == Documents.none ? "none" : source.location(of: source.first(1, from: start), within: start))
                + " missing " + source.location(ofMissing: 1, from: start, within: source.root)
        }
    }

    func test_forEach_everyPathOfBuiltInTypes_isOneThatATapeCanBeAsked() throws {
        for file in try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types")) where file.pathExtension == "json" {
            let type = try DocumentType(json: try SampleFiles.bytes(file))
            XCTAssertEqual(type.xmlTapePaths != nil, type.format == .xml, type.name)
        }
    }

    func test_forEach_pathsByHand_findWhatTheTreeFinds() throws {
        let text = """
            <a xmlns:p='urn:p' x='1'><h><v>1</v><v k='2'>2</v></h><b><c s='x'>p</c><c>q<d>1</d></c></b><b><c>r</c><p:c x='q'> 12 </p:c></b><b><b><c> 1e3 </c></b><c/></b><n>-</n><n>.5</n><n>+1</n><n>0x1</n><n>1.</n><n>
            7 </n></a>
            """
        for path in [
            "/", "/a", "/a/b/c", "//c", "//b/c", "//b//c", ".//c", "..", "../..", ".", "./b", "b/c", "/*/*/@s", "//c/@s | //c", "//v[@k]", "//v[not(@k)]", "//v[@k='2']", "//v[@k!='3']", "//v[.='1']",
            "//b[c]", "//b[c='q']", "//b[c!='q']", "//b[c=//v]", "//c[.=../c]", "//c[@s or d]", "//c[@s='x' and not(d)]", "//*[contains(.,'q')]", "//*[starts-with(local-name(),'c')]", "//*[local-name()='c' or local-name()='v']",
            "//*[contains(local-name(),'')]", "//*[local-name()!='c']", "//*['c'=local-name()]", "//b[translate(c,'pqr','PQR')='P']", "//c[translate(.,'q','Q')!='Q1']", "//n[number(.) = number(.)]", "//*[number(.)=number(.)]",
            "self::c[@s]/../../h/v[@k]", "self::*", "self::a", "child::b/child::c", "attribute::x", "descendant::c", "..//c[. = 'q1']", "//c[. = 'r']/../c", "//p:c", "//p:c/@x", "//n:c", "//n:*", "//p:*/@*", "//q:c", "b/../b/c", "//d/../..",
            "//b/b/../c", "/a/b/c | /a/h/v | /a/@x", "x | /a/b", "/a/x | b",
        ] {
            let (tree, tape) = try XCTUnwrap(try found(path, in: text), path)
            XCTAssertEqual(tree, tape, path)
        }
    }

    func test_forEach_pathsThatATapeCannotBeAsked_takeATree() throws {
        for path in [
            "//c[1]", "//c[last()]", "//c[position()=1]", "count(//c)", "//c/text()", "following-sibling::c", "//c[@n>1]", "//c[@n=1]", "concat(a,b)", "//c[string-length(.)]", "//c[normalize-space()='x']", "(//c)[1]", "//@k",
            "//c[local-name()]", "//c['x']", "ancestor::a", "id('x')", "//@x/../c[1]", "//c[not(1)]", "//c[@a=true()]", "//c[translate(.,'ab','A')='x']", "xml:lang", "//c[a|b]", "//node()", "-a",
        ] {
            let compiled = try XMLPath(path, namespaces: namespaces)
            XCTAssertNil(XMLTapePaths([compiled], namespaces: namespaces), path)
        }
    }

    func test_forEach_randomPathsInRandomDocuments_findWhatTheTreeFinds() throws {
        var random = SplitMix64(state: 0x9A75)
        var comparedCount = 0
        for round in 0..<1_500 {
            let path = XPathTexts.path(using: &random)
            for _ in 0..<3 {
                let text = XMLTexts.document(using: &random)
                guard let (tree, tape) = try found(path, in: text) else { continue }
                XCTAssertEqual(tree, tape, "round \(round): \(path) in \(text)")
                comparedCount += 1
            }
        }
        XCTAssertGreaterThan(comparedCount, 3_000)
    }

    // MARK: Whole readings

    private func registry() throws -> TypeRegistry {
        let registry = TypeRegistry()
        for file in try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types")) where file.pathExtension == "json" {
            try registry.put(try DocumentType(json: try SampleFiles.bytes(file)))
        }
        return registry
    }

    private func shown(_ reader: DocumentReader, _ body: [UInt8], takesTapes: Bool) -> String {
        var options = ReadingOptions(now: SampleFiles.now)
        options.takesTapes = takesTapes
        options.keepsReadable = true
        func shown(_ fault: Fault) -> String { "\(fault.code) \(fault.detail) \(fault.errors) \(fault.readable.map { "\($0.receiptID ?? []) \($0.row) \($0.faulty.sorted())" } ?? "")" }
        do {
            let reading = try reader.readXML(body, options)
            return "\(reading.shape) \(reading.beyondCount)\n"
                + reading.receipts.map { result in
                    switch result {
                    case .accepted(let receipt):
                        "\(receipt.type.name) \(receipt.receiptID) \(String(describing: receipt.clientID)) \(receipt.issuedAt) \(receipt.businessDay) \(receipt.row) \(receipt.document)"
                    case .refused(let fault, let type, let document): "\(type ?? "-") \(shown(fault)) \(document)"
                    }
                }.joined(separator: "\n")
        } catch let fault as Fault {
            return shown(fault)
        } catch {
            return "\(error)"
        }
    }

    private func samples() throws -> [URL] {
        var files = try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types/samples"))
        let shared = SampleFiles.shared.appendingPathComponent("samples")
        if FileManager.default.fileExists(atPath: shared.path) {
            for folder in try SampleFiles.files(in: shared) where folder.hasDirectoryPath { files += try SampleFiles.files(in: folder) }
        }
        return files.filter { $0.pathExtension == "xml" }
    }

    func test_readXML_samples_giveTheSameByTapeAndByTree() throws {
        let reader = DocumentReader(registry: try registry())
        for file in try samples() {
            let body = try SampleFiles.bytes(file)
            XCTAssertEqual(shown(reader, body, takesTapes: true), shown(reader, body, takesTapes: false), file.lastPathComponent)
        }
    }

    /// Values and tags changed here and there, so that there are faults of all kinds.
    func test_readXML_samplesWithPartsChanged_giveTheSameByTapeAndByTree() throws {
        let reader = DocumentReader(registry: try registry())
        var random = SplitMix64(state: 0xFA17)
        let pieces = ["", "x", "-1", "99999999999999999999999", "0", " ", "1.234567890123456789", "&#65;", "<x/>", "true", "2026-13-45", "2020-01-01T00:00:00Z"].map { Array($0.utf8) }
        var faultCount = 0
        let files = try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types/samples")).filter { $0.pathExtension == "xml" }
        for file in files {
            let whole = try SampleFiles.bytes(file)
            for round in 0..<60 {
                var body = whole
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    // What stands between two tags, or one tag with that.
                    let ends = body.indices.filter { body[$0] == UInt8(ascii: ">") }
                    guard let start = ends.randomElement(using: &random), let next = body[start...].firstIndex(of: UInt8(ascii: "<")) else { continue }
                    body.replaceSubrange((start + 1)..<next, with: pieces.randomElement(using: &random) ?? [])
                }
                let tape = shown(reader, body, takesTapes: true)
                XCTAssertEqual(tape, shown(reader, body, takesTapes: false), "\(file.lastPathComponent), round \(round)")
                if tape.contains("invalidDocument") { faultCount += 1 }
            }
        }
        XCTAssertGreaterThan(faultCount, 60)
    }

    private func type(_ members: String) throws -> DocumentType {
        try DocumentType(json: Array(#"{"version":1,"format":"xml","receipt_id":"/d/@id","issued_at":"/d/@at",\#(members)}"#.utf8))
    }

    /// What a tape is asked is charged before, as it is of a tree: paths that look at all lines for each of them.
    func test_readXML_pathsThatLookAtAllForEachLine_areTooMuchWork() throws {
        let text = "<d id='1' at='2020-01-01T00:00:00Z'>" + String(repeating: "<l/>", count: 6_000) + "</d>"
        for path in ["//z", "../z", "..//z", "../z[.='1']", "self::l[contains(..,'z')]", "self::l[../l!=.]", "self::l[//z]", "../l[@a]/../z", "../z | ../y"] {
            let registry = TypeRegistry()
            try registry.put(try type(#""name":"t","match":{"/d":{"exists":true}},"columns":{"l":{"path":"/d/l","columns":{"n":{"path":"\#(path)","type":"VARCHAR"}}}}"#))
            let reading = try DocumentReader(registry: registry).readXML(Array(text.utf8), ReadingOptions(now: SampleFiles.now))
            guard case .refused(let fault, _, _) = reading.receipts.first else {
                // Found once for all lines.
                XCTAssertTrue(["../z[.='1']", "../l[@a]/../z"].contains(path), path)
                continue
            }
            XCTAssertEqual(fault.errors.map(\.code), ["too-much-work"], path)
        }
    }

    /// A type that asks for more than a tape has, beside one that does not: the tree, and nothing charged twice.
    func test_readXML_typeThatTakesATree_isReadByIt() throws {
        let registry = TypeRegistry()
        for name in ["a", "z"] { try registry.put(try type(#""name":"\#(name)","match":{"/d/l/m":"1"},"columns":{"p":{"path":"/d/l","type":"VARCHAR"}}"#)) }
        try registry.put(
            try DocumentType(
                json: Array(
                    #"{"name":"t","version":1,"format":"xml","match":{"/d/l[2]":{"exists":true}},"receipt_id":"/d/@id","issued_at":"/d/@at","columns":{"n":{"path":"count(/d/l)","type":"INTEGER"}}}"#.utf8)))
        let reader = DocumentReader(registry: registry)
        let body = Array("<d id='1' at='2020-01-01T00:00:00Z'><l/><l/></d>".utf8)
        let reading = try reader.readXML(body, ReadingOptions(now: SampleFiles.now))
        guard case .accepted(let receipt) = reading.receipts.first else { return XCTFail("\(reading.receipts)") }
        XCTAssertEqual(try receipt.type.layout.values(of: receipt.row), [.integer(2)])
        var options = ReadingOptions(now: SampleFiles.now)
        let (one, other) = (WorkAllowance(byteCount: body.count), WorkAllowance(byteCount: body.count))
        options.allowance = one
        _ = try reader.readXML(body, options)
        options.allowance = other
        options.takesTapes = false
        _ = try reader.readXML(body, options)
        XCTAssertEqual(one.left, other.left)
    }
}

/// Random XPaths of the kind that a tape can be asked.
enum XPathTexts {
    private static func one(of texts: [String], using random: inout SplitMix64) -> String { texts.randomElement(using: &random) ?? "a" }

    static func path(using random: inout SplitMix64) -> String {
        let count = Int.random(in: 0..<6, using: &random) == 0 ? 2 : 1
        return (0..<count).map { _ in location(depth: 0, using: &random) }.joined(separator: " | ")
    }

    private static func location(depth: Int, using random: inout SplitMix64) -> String {
        var text = one(of: depth == 0 ? ["", "", "/", "//", ".//", "../"] : ["", "", "", "../", "//"], using: &random)
        let count = Int.random(in: 1...(depth == 0 ? 4 : 2), using: &random)
        for index in 0..<count {
            if index > 0 { text += one(of: ["/", "/", "/", "//"], using: &random) }
            // Behind `//` stands a name.
            let takesAny = !text.hasSuffix("//")
            let isLast = index == count - 1
            let names = ["a", "b", "c", "d", "*", "p:a", "n:b", "q:*", "n:*", "*[local-name()='a']", "*[local-name()='c']"]
            let others = ["..", ".", "self::a", "self::*", "child::b"] + (isLast ? ["@x", "@*", "@p:x", "@n:y"] : [])
            let step = takesAny && Int.random(in: 0..<4, using: &random) == 0 ? one(of: others, using: &random) : one(of: names, using: &random)
            text += step
            if step != "..", step != ".", depth < 2, Int.random(in: 0..<3, using: &random) == 0 { text += "[" + truth(depth: depth + 1, using: &random) + "]" }
        }
        return text
    }

    private static func truth(depth: Int, using random: inout SplitMix64) -> String {
        func text(_ random: inout SplitMix64) -> String {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: "'" + one(of: ["", "a", "1", "7", "ab", "12.50", "Ї"], using: &random) + "'"
            case 1: "local-name()"
            case 2: "translate(" + location(depth: depth, using: &random) + ",'ab1','AB7')"
            case 3: "."
            default: location(depth: depth, using: &random)
            }
        }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "not(" + truth(depth: depth, using: &random) + ")"
        case 1: return truth(depth: depth, using: &random) + one(of: [" and ", " or "], using: &random) + truth(depth: depth, using: &random)
        case 2: return "contains(" + text(&random) + "," + text(&random) + ")"
        case 3: return "starts-with(" + text(&random) + ", " + text(&random) + ")"
        case 4, 5: return text(&random) + one(of: ["=", "!="], using: &random) + text(&random)
        case 6: return "number(.) = number(.)"
        case 7: return "@" + one(of: ["x", "y", "*", "p:x"], using: &random)
        default: return location(depth: depth, using: &random)
        }
    }
}

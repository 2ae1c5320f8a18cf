import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents

/// All paths of a scope in one walk over a tape: what each of them finds by itself, at the same charge, and what libxml2's XPath finds.
final class XMLTapeTrieTests: XCTestCase {
    private static let namespaces = ["p": ["urn:p"], "n": ["urn:p", "urn:d", ""], "q": ["http://q.example/x#y", "urn:r"]]

    /// Paths with the slots of their numbers.
    private struct Scope {
        let paths: [XMLPath]
        let scope: SlotScope
        let together: XMLTapePaths
        /// Without tries: each path is followed by itself.
        let single: XMLTapePaths

        init(_ texts: [String]) throws {
            var paths: [XMLPath] = []
            var scope = SlotScope()
            for text in texts {
                paths.append(try XMLPath(text, namespaces: XMLTapeTrieTests.namespaces))
                _ = scope.slot(of: paths.count - 1)
            }
            (self.paths, self.scope) = (paths, scope)
            together = try XCTUnwrap(XMLTapePaths(paths, namespaces: XMLTapeTrieTests.namespaces, scopes: [scope]), "\(texts)")
            single = try XCTUnwrap(XMLTapePaths(paths, namespaces: XMLTapeTrieTests.namespaces), "\(texts)")
        }

        func source(_ tape: XMLTape, _ paths: XMLTapePaths, _ work: WorkBudget, _ arena: Arena) -> XMLTapeSource {
            XMLTapeSource(tape: tape, paths: self.paths, compiled: paths, arena: arena, work: work)
        }
    }

    private func slots(_ scope: Scope, _ source: XMLTapeSource, from node: Int) -> [Int] {
        [Int](unsafeUninitializedCapacity: scope.paths.count) { buffer, count in
            buffer.initialize(repeating: -1)
            if let base = buffer.baseAddress { source.resolve(scope.scope, from: node, into: base) }
            count = scope.paths.count
        }
    }

    func test_resolve_pathsByHand_findTheFirstNodeOfEach() throws {
        // Of b/c the inner one stands first, though the outer b brings its own c before.
        let text = "<a x='1'><b><b><c>inner</c></b><c>outer</c></b><d y='2'/></a>"
        let wanted: [(path: String, place: String?)] = [
            ("/a/@x", "/a/@x"), ("//b/c", "/a/b/b/c"), ("a/d/@y", "/a/d/@y"), ("b/c", "/a/b/c"), (".", "/"), ("/", "/"), ("//z", nil), ("*", "/a"), ("d", "/a/d"),
            ("./b", "/a/b"), ("//d/@y", "/a/d/@y"), ("b/@x", nil), ("a", "/a"), ("//b//c", "/a/b/b/c"), ("/a/b/b/c", "/a/b/b/c"), ("@x", "/a/@x"), ("d/@*", "/a/d/@y"), ("b[c='outer']", "/a/b"),
        ]
        let scope = try Scope(wanted.map(\.path))
        let scanner = XMLScanner()
        try Array(text.utf8).withUnsafeBytes { bytes in
            let tape = try XCTUnwrap(scanner.tape(of: bytes))
            let source = scope.source(tape, scope.together, .unlimited, Arena())
            let places = slots(scope, source, from: source.root).map { $0 == Documents.none ? nil : source.location(of: $0, within: source.root) }
            XCTAssertEqual(places, wanted.map(\.place))
        }
        // Those that are no plain paths are followed by themselves.
        XCTAssertEqual(scope.together.tries.map { $0.others.map { wanted[$0].path } }, [["b[c='outer']", "//b//c"]])
    }

    func test_resolve_randomScopesInRandomDocuments_findWhatEachPathFindsByItself() throws {
        var random = SplitMix64(state: 0x7A1E)
        let scanner = XMLScanner()
        var comparedCount = 0
        var exhaustedCount = 0
        for round in 0..<400 {
            var texts = ["//*"]
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                texts.append(Int.random(in: 0..<8, using: &random) == 0 ? XPathTexts.path(using: &random) : PlainPathTexts.path(using: &random))
            }
            let scope = try Scope(texts)
            let text = XMLTexts.document(using: &random)
            try Array(text.utf8).withUnsafeBytes { bytes in
                guard let tape = scanner.tape(of: bytes) else { return }
                let document = try XMLReader.read(bytes)
                let arena = Arena()
                let tree = XMLSource(document: document, paths: scope.paths, arena: arena, evaluator: XPathEvaluator(document: document, arena: arena))
                let free = scope.source(tape, scope.single, .unlimited, arena)
                for (ofTree, ofTape) in zip([tree.root] + nodes(tree, 0), [free.root] + nodes(free, 0)) {
                    // Seldom so little that the work ends on the way.
                    let steps = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<400, using: &random) : 1_000_000
                    let (one, other) = (budget(steps), budget(steps))
                    let found = slots(scope, scope.source(tape, scope.together, one, arena), from: ofTape)
                    let single = scope.source(tape, scope.single, other, arena)
                    let wanted = scope.paths.indices.map { first(single, $0, from: ofTape) }
                    let shown = "round \(round): \(texts) in \(text) from \(free.location(of: ofTape, within: free.root))"
                    XCTAssertEqual(one.left, other.left, shown)
                    XCTAssertEqual(one.fault?.detail, other.fault?.detail, shown)
                    guard !other.isExhausted else {
                        exhaustedCount += 1
                        continue
                    }
                    XCTAssertEqual(found, wanted, shown)
                    XCTAssertEqual(found.map { place(free, $0) }, scope.paths.indices.map { place(tree, first(tree, $0, from: ofTree)) }, shown)
                    comparedCount += 1
                }
            }
        }
        XCTAssertGreaterThan(comparedCount, 1_000)
        XCTAssertGreaterThan(exhaustedCount, 20)
    }

    /// Every scope of the built-in types has its trie, and paths without predicates are all in it.
    func test_tries_ofBuiltInTypes_haveTheirPlainPaths() throws {
        var typeCount = 0
        for file in try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types")) where file.pathExtension == "json" {
            let type = try DocumentType(json: try SampleFiles.bytes(file))
            guard let paths = type.xmlTapePaths else { continue }
            typeCount += 1
            XCTAssertEqual(paths.tries.map(\.slotCount), type.plan.scopes.map(\.paths.count), type.name)
            XCTAssertEqual(type.plan.scopes.map(\.trieRoot), Array(0..<paths.tries.count), type.name)
            for (trie, scope) in zip(paths.tries, type.plan.scopes) {
                for slot in trie.others {
                    let path = type.xmlPaths[scope.paths[slot]]
                    // A step up, or a second `//`, may meet a node twice.
                    XCTAssertTrue(path.steps == nil || path.text.contains("..") || path.text.components(separatedBy: "//").count > 2, "\(type.name): \(path.text)")
                }
            }
        }
        XCTAssertGreaterThan(typeCount, 5)
    }

    private func budget(_ steps: Int) -> WorkBudget {
        let work = WorkBudget()
        work.beginBody(WorkAllowance(steps: steps))
        work.beginDocument(byteCount: 0)
        return work
    }

    private func nodes(_ source: some DocumentSource, _ path: Int) -> [Int] {
        var nodes: [Int] = []
        source.forEach(path, from: source.root) { found in
            nodes.append(found)
            return true
        }
        return nodes
    }

    private func first(_ source: some DocumentSource, _ path: Int, from node: Int) -> Int {
        var first = Documents.none
        source.forEach(path, from: node) { found in
            first = found
            return false
        }
        return first
    }

    private func place(_ source: some DocumentSource, _ node: Int) -> String {
        node == Documents.none ? "none" : source.location(of: node, within: source.root) + "=" + source.text(node).string
    }
}

/// Random paths without predicates, such as type files have.
private enum PlainPathTexts {
    static func path(using random: inout SplitMix64) -> String {
        func one(of texts: [String], using random: inout SplitMix64) -> String { texts.randomElement(using: &random) ?? "a" }
        if Int.random(in: 0..<16, using: &random) == 0 { return one(of: [".", "/", "..", "@x", "./."], using: &random) }
        var text = one(of: ["", "", "", "/", "//", ".//", "./", "/*/", "*//"], using: &random)
        let count = Int.random(in: 1...4, using: &random)
        for index in 0..<count {
            if index > 0 { text += one(of: ["/", "/", "/", "/", "/", "/./", "//"], using: &random) }
            // Behind `//` stands a name.
            if index == count - 1, !text.hasSuffix("//"), Int.random(in: 0..<3, using: &random) == 0 {
                text += one(of: ["@x", "@y", "@*", "@p:x", "@n:x"], using: &random)
            } else {
                text += one(of: ["a", "b", "c", "d", "a", "b", "*", "p:a", "n:b", "q:*", "n:*", "*[local-name()='a']", "child::c"], using: &random)
            }
        }
        return text
    }
}

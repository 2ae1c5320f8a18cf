import Foundation
import TestSupport
import XCTest

/// Goal: whoever follows what a document says arrives. Method: the links, headings, files and decisions that documents and comments name are
/// looked for in the tree.
final class DocumentationTests: XCTestCase {
    /// Every file of the project and every folder that has one, by its path from the root.
    private static let paths: Set<String> = {
        var paths: Set<String> = []
        let walk = FileManager.default.enumerator(at: Project.root, includingPropertiesForKeys: [.isDirectoryKey])
        while let file = walk?.nextObject() as? URL {
            let path = String(file.path.dropFirst(Project.root.path.count + 1))
            if [".build", ".git", ".venv", "__pycache__"].contains(file.lastPathComponent) {
                walk?.skipDescendants()
                continue
            }
            paths.insert(path)
        }
        return paths
    }()
    /// Ends of paths, from each folder on.
    private static let ends: Set<String> = {
        var ends: Set<String> = []
        for path in paths {
            let parts = path.split(separator: "/")
            for start in parts.indices { ends.insert(parts[start...].joined(separator: "/")) }
        }
        return ends
    }()

    private struct Document {
        let path: String
        let text: String
        var folder: String { path.contains("/") ? path.split(separator: "/").dropLast().joined(separator: "/") : "" }

        /// Where a path that stands in this document leads, from the root.
        func resolve(_ target: String) -> String {
            var parts = target.hasPrefix("/") ? [] : folder.split(separator: "/").map(String.init)
            for part in target.split(separator: "/").map(String.init) {
                if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
            }
            return parts.joined(separator: "/")
        }
    }

    private static func documents(_ suffixes: [String]) throws -> [Document] {
        try paths.sorted().filter { path in suffixes.contains { path.hasSuffix($0) } }.map {
            Document(path: $0, text: try String(contentsOf: Project.root.appendingPathComponent($0), encoding: .utf8))
        }
    }

    private static func matches(_ pattern: String, _ text: String) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
            Range(match.range(at: match.numberOfRanges - 1), in: text).map { String(text[$0]) }
        }
    }

    /// As a reader of Markdown makes them of headings.
    private static func anchors(_ path: String) throws -> Set<String> {
        let text = try String(contentsOf: Project.root.appendingPathComponent(path), encoding: .utf8)
        return Set(try matches(#"^#+ (.*)$"#, text).map { heading in
            String(heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " || $0 == "_" }.map { $0 == " " ? "-" : $0 })
        })
    }

    func test_links_leadSomewhere() throws {
        for document in try Self.documents([".md"]) {
            for link in try Self.matches(#"\]\(([^)\s]+)\)"#, document.text) where try Self.matches(#"^([a-z]+:)"#, link).isEmpty {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let target = parts[0].isEmpty ? document.path : document.resolve(parts[0])
                guard Self.paths.contains(target) else {
                    XCTFail("\(document.path): the link \(link) leads nowhere")
                    continue
                }
                if parts.count > 1, target.hasSuffix(".md") {
                    XCTAssertTrue(try Self.anchors(target).contains(parts[1]), "\(document.path): \(target) has no heading for \(link)")
                }
            }
        }
    }

    /// A name is enough where it stands alone; with folders before it, they must be those that it lies in.
    func test_files_thatAreNamed_areThere() throws {
        let name = #"(?<![\w/.{*\-])((?:[\w+-]+/)*[\w+-]+\.(?:swift|py|md)|(?:Sources|Tests|docs|script|types|benchmarks)/[\w/+.-]*\w)"#
        for document in try Self.documents([".md"]) where !document.path.hasPrefix("Tests/") {
            for file in try Self.matches(name, document.text) {
                // The number of a decision, and the beginning of several names.
                let isThere = Self.ends.contains(file) || Self.paths.contains(document.resolve(file)) || Self.paths.contains { $0.hasPrefix(file + "-") }
                XCTAssertTrue(isThere, "\(document.path) names \(file), which is not there")
            }
        }
        for source in try Self.documents([".swift"]) where source.path.hasPrefix("Sources/") {
            for comment in try Self.matches(#"^ *(//.*)$"#, source.text) {
                // Other documents are named by their folder: a bare name is a standard's own.
                for file in try Self.matches(#"(?<![\w/.*\-])((?:[\w+-]+/)*[\w+-]+\.(?:swift|py)|docs/[\w/-]+\.md)"#, comment) {
                    XCTAssertTrue(Self.ends.contains(file), "\(source.path) names \(file), which is not there")
                }
            }
        }
    }

    /// One decision has one number, in its file's name and its heading; whoever names a number means one that there is.
    func test_decisions_areNumberedOnce() throws {
        var numbers: [String: String] = [:]
        for decision in try Self.documents([".md"]) where decision.folder == "docs/decisions" {
            let number = String(decision.path.split(separator: "/").last?.prefix(4) ?? "")
            XCTAssertNil(numbers.updateValue(decision.path, forKey: number), "\(decision.path): the number is taken by another")
            XCTAssertTrue(decision.text.hasPrefix("# \(number) "), "\(decision.path) begins with another heading than \"# \(number) …\"")
        }
        for document in try Self.documents([".md", ".swift", ".py"]) {
            for number in try Self.matches(#"decisions/(\d{4})"#, document.text) {
                XCTAssertNotNil(numbers[number], "\(document.path) names the decision \(number), which is not there")
            }
        }
    }

    /// Whoever may set something reads what it is, and what it is if he does not; nothing is described that cannot be set.
    func test_settings_haveARowEach_andNoOtherHas() throws {
        let reader = try String(contentsOf: Project.root.appendingPathComponent("Sources/Server/Configuration/SettingsReader.swift"), encoding: .utf8)
        let page = try String(contentsOf: Project.root.appendingPathComponent("docs/settings.md"), encoding: .utf8)
        var settings = try Self.matches(#"^ *Key\("([a-z_.]+)""#, reader)
        XCTAssertGreaterThan(settings.count, 50)
        // What kinds of storage read, they say themselves; several may read the same.
        let kinds = try Self.documents([".swift"]).filter { $0.path.hasPrefix("Sources/ColumnStore/") }.flatMap { try Self.matches(#"\bStorageSetting\("([a-z_]+)""#, $0.text) }
        XCTAssertGreaterThan(kinds.count, 2)
        settings += Set(kinds).map { "storage.\($0)" }
        let members = try Self.matches(#"^ *case "([a-z_]+)": registrar\."#, reader)
        XCTAssertGreaterThan(members.count, 10)
        let rows = try Self.matches(#"^\| `([a-z][a-z_.]*)` \|"#, page)
        XCTAssertEqual(rows.sorted(), (settings + members).sorted(), "rows of docs/settings.md, and keys of SettingsReader")
    }

    func test_membersOfTypeFiles_areDescribed() throws {
        let reader = try String(contentsOf: Project.root.appendingPathComponent("Sources/Documents/Types/TypeFileReader.swift"), encoding: .utf8)
        let page = try String(contentsOf: Project.root.appendingPathComponent("docs/document-types.md"), encoding: .utf8)
        let list = try XCTUnwrap(reader.components(separatedBy: "let members: Set<String> = [").last?.components(separatedBy: "]").first)
        let members = try Self.matches(#""([a-z_]+)""#, list)
        XCTAssertGreaterThan(members.count, 20)
        for member in members { XCTAssertTrue(page.contains("`\(member)`"), "docs/document-types.md says nothing of \(member)") }
    }

    /// A word that the glossary explains is one that the project uses, and stands there once, in the order of the alphabet.
    func test_glossary_hasWordsThatAreUsed_inOrder() throws {
        let glossary = try String(contentsOf: Project.root.appendingPathComponent("docs/glossary.md"), encoding: .utf8)
        let words = try Self.matches(#"^\*\*([^*]+)\*\*"#, glossary).map { $0.lowercased() }
        XCTAssertGreaterThan(words.count, 30)
        XCTAssertEqual(words, Set(words).sorted(), "in order, each once")
        let all = try Self.documents([".md", ".swift"]).filter { $0.path != "docs/glossary.md" }.map { $0.text.lowercased() }.joined()
        for word in words { XCTAssertTrue(all.contains(word), "\(word) is used nowhere else") }
    }
}

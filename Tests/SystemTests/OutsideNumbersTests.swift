import Foundation
import TestSupport
import XCTest

/// Goal: no number from outside ends the process. Method: the files where such numbers enter are listed in `OutsideNumbers/*.txt`, each
/// with the lines that may reckon plainly, because something bounds what they reckon with; every other `+`, `-`, `*`, negation, `abs` and
/// conversion there is `CheckedArithmetic`'s. A listed line that is gone is a fault too, so that the lists stay true.
///
/// A list: a file's name at the start of a line, with a folder before it where two have that name; below it its lines, indented. Folders may
/// change, so a file is found by its name. `#` begins a comment: what bounds the numbers of that file. To add a file, write its name: the
/// test then names the lines to mend, or to list.
final class OutsideNumbersTests: XCTestCase {
    private struct Listed {
        var name: String
        var allowed: [String] = []
    }

    /// What traps, in a line without its texts and comments: doubles too, which do not, since a line does not tell its types. Texts and arrays
    /// that are joined, and places that go on by one, do not.
    private static let traps: [(what: String, pattern: String)] = [
        ("abs", #"\babs\("#),
        ("plain arithmetic", #"[\w)\]] [-+*] (?!"|\[)[\w(.-]"#),
        ("plain arithmetic", #"(?<!\bindex|\bplace|\bposition|\bdepth) [-+*]= (?!"|\[)"#),
        ("a negation", #"(^|[\s(\[,=:?])-[a-z_(]"#),
        ("a conversion", #"\bU?Int(8|16|32|64|128)?\((?!exactly:|clamping:|truncatingIfNeeded:|bitPattern:|wholePartOf:|saturating:|ascii:|littleEndian:|bigEndian:|String\()"#),
    ]

    func test_numbersFromOutside_areReckonedWithoutTraps() throws {
        let patterns = try Self.traps.map { (what: $0.what, expression: try NSRegularExpression(pattern: $0.pattern)) }
        let files = try Self.files()
        for listed in try Self.lists() {
            let found = files.filter { $0.lastPathComponent == listed.name.split(separator: "/").last.map(String.init) }
            let source = found.count == 1 ? found : found.filter { $0.path.hasSuffix("/Sources/" + listed.name) }
            guard let source = source.first else {
                XCTFail("\(listed.name) is \(found.isEmpty ? "no file" : "more than one file") under Sources")
                continue
            }
            let lines = try String(contentsOf: source, encoding: .utf8).components(separatedBy: "\n")
            var unused = Set(listed.allowed)
            for (index, line) in lines.enumerated() {
                if !Self.mayTrap(line) { continue }
                let code = Self.code(of: line)
                let range = NSRange(code.startIndex..., in: code)
                guard let trap = patterns.first(where: { $0.expression.firstMatch(in: code, range: range) != nil }) else { continue }
                let text = line.trimmingCharacters(in: .whitespaces)
                unused.remove(text)
                if !listed.allowed.contains(text) {
                    XCTFail("\(listed.name):\(index + 1) has \(trap.what) on what may come from outside: \(text)\nTake CheckedArithmetic's, or list the line.")
                }
            }
            for line in unused { XCTFail("\(listed.name) has no such line any more: take it from the list: \(line)") }
        }
    }

    /// Whether one of the patterns could be found: most lines have no sign and no conversion, and a pattern takes far longer to say so.
    private static func mayTrap(_ line: String) -> Bool {
        line.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "*") } || line.contains("abs(") || line.contains("Int")
    }

    /// Without strings, which hold no code that traps, and without a comment at the end.
    private static func code(of line: String) -> String {
        let texts = line.replacingOccurrences(of: #""([^"\\]|\\.)*""#, with: "\"\"", options: .regularExpression)
        return texts.replacingOccurrences(of: #"//.*"#, with: "", options: .regularExpression)
    }

    private static func files() throws -> [URL] {
        let sources = Project.root.appendingPathComponent("Sources")
        let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        let files = all.filter { $0.pathExtension == "swift" }
        XCTAssertGreaterThan(files.count, 300, "files under \(sources.path)")
        return files
    }

    private static func lists() throws -> [Listed] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("OutsideNumbers")
        var listed: [Listed] = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) where file.pathExtension == "txt" {
            for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
                let text = line.trimmingCharacters(in: .whitespaces)
                if text.isEmpty || text.hasPrefix("#") { continue }
                if !line.hasPrefix(" ") {
                    listed.append(Listed(name: text))
                } else if !listed.isEmpty {
                    listed[listed.count - 1].allowed.append(text)
                }
            }
        }
        XCTAssertGreaterThan(listed.count, 10, "no lists under \(folder.path)")
        return listed
    }
}

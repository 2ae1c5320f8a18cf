import Foundation
import TestSupport
import XCTest

/// Goal: no number from outside ends the process. Method: the files where such numbers enter are listed in `OutsideNumbers/*.txt`, each
/// with the lines that may reckon plainly, because something bounds what they reckon with; every other `+`, `-`, `*`, negation, `abs` and
/// conversion there is `CheckedArithmetic`'s. A listed line that is gone is a fault too, so that the lists stay true.
///
/// A list: the path of a file under Sources at the start of a line, below it its lines, indented. `#` begins a comment. To add a file, write
/// its path: the test then names the lines to mend, or to list.
final class OutsideNumbersTests: XCTestCase {
    private struct Listed {
        var path: String
        var allowed: [String] = []
    }

    /// What traps, in a line without its texts and comments: doubles too, which do not, since a line does not tell its types.
    private static let traps: [(what: String, pattern: String)] = [
        ("abs", #"\babs\("#),
        ("plain arithmetic", #"[\w)\]] [-+*] [\w(\[.-]"#),
        ("plain arithmetic", #" [-+*]= "#),
        ("a negation", #"(^|[\s(\[,=:?])-[a-z_(]"#),
        ("a conversion", #"\bU?Int(8|16|32|64|128)?\((?!exactly:|clamping:|truncatingIfNeeded:|bitPattern:|wholePartOf:|saturating:|ascii:|littleEndian:|bigEndian:|String\()"#),
    ]

    func test_numbersFromOutside_areReckonedWithoutTraps() throws {
        let patterns = try Self.traps.map { (what: $0.what, expression: try NSRegularExpression(pattern: $0.pattern)) }
        for listed in try Self.lists() {
            let source = Project.root.appendingPathComponent("Sources/\(listed.path)")
            let lines = try String(contentsOf: source, encoding: .utf8).components(separatedBy: "\n")
            var unused = Set(listed.allowed)
            for (index, line) in lines.enumerated() {
                let code = Self.code(of: line)
                let range = NSRange(code.startIndex..., in: code)
                guard let trap = patterns.first(where: { $0.expression.firstMatch(in: code, range: range) != nil }) else { continue }
                let text = line.trimmingCharacters(in: .whitespaces)
                unused.remove(text)
                if !listed.allowed.contains(text) {
                    XCTFail("\(listed.path):\(index + 1) has \(trap.what) on what may come from outside: \(text)\nTake CheckedArithmetic's, or list the line.")
                }
            }
            for line in unused { XCTFail("\(listed.path) has no such line any more: take it from the list: \(line)") }
        }
    }

    /// Without strings, which hold no code that traps, and without a comment at the end.
    private static func code(of line: String) -> String {
        let texts = line.replacingOccurrences(of: #""([^"\\]|\\.)*""#, with: "\"\"", options: .regularExpression)
        return texts.replacingOccurrences(of: #"//.*"#, with: "", options: .regularExpression)
    }

    private static func lists() throws -> [Listed] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("OutsideNumbers")
        var listed: [Listed] = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) where file.pathExtension == "txt" {
            for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
                let text = line.trimmingCharacters(in: .whitespaces)
                if text.isEmpty || text.hasPrefix("#") { continue }
                if !line.hasPrefix(" ") {
                    listed.append(Listed(path: text))
                } else if !listed.isEmpty {
                    listed[listed.count - 1].allowed.append(text)
                }
            }
        }
        XCTAssertGreaterThan(listed.count, 10, "no lists under \(folder.path)")
        return listed
    }
}

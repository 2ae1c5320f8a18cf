import Foundation
import TestSupport
import XCTest

/// Goal: a type file written from the description alone takes documents of formats that no built-in type knows. Method: `OtherFormats` has for each
/// a type file, a document true to the format's public specification (both of our own writing), and the columns that a reader of the document
/// expects, written by hand; `till type check` must give just those.
final class OtherFormatsTests: XCTestCase {
    private static let folder = Project.root.appendingPathComponent("Tests/SystemTests/Documents/OtherFormats")

    func test_everyFormat_givesTheColumnsThatItsReaderExpects() throws {
        let formats = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        XCTAssertGreaterThanOrEqual(formats.count, 19)
        for format in formats {
            let folder = Self.folder.appendingPathComponent(format)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let document = try XCTUnwrap(names.first { $0.hasPrefix("document.") }, format)
            let run = try TillRun(["type", "check", "type.json", document], folder: folder)
            XCTAssertEqual(run.status, 0, "\(format): \(run.text) \(run.error)")
            let expected = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent("expected.json")))
            let wanted = try XCTUnwrap(expected as? [[String: Any]], format)
            let found = try run.text.split(separator: "\n").map { try XCTUnwrap(Self.object($0)?["columns"] as? [String: Any], format) }
            XCTAssertEqual(found.count, wanted.count, format)
            for (row, columns) in zip(found, wanted) {
                for (name, value) in columns {
                    XCTAssertEqual(row[name] as? NSObject, value as? NSObject, "\(format): \(name) of \(row["receipt_id"] ?? "?")")
                }
            }
        }
    }

    private static func object(_ line: Substring) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
}

import ColumnStore
import TestSupport
import XCTest

@testable import Documents

/// Which types a document's `match` finds, with tests of each kind first.
final class JSONRecognizerTests: XCTestCase {
    private func found(_ document: String, in registry: TypeRegistry) throws -> [String] {
        let snapshot = registry.snapshot
        let context = ExtractionContext()
        let bytes = Array(document.utf8)
        context.beginDocument(WorkAllowance(byteCount: bytes.count), byteCount: bytes.count)
        return try bytes.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in snapshot.json.matches(tape, 0, context).map(\.name) }
        }
    }

    func test_matches_testsOfEachKind_findWhatTheySay() throws {
        let registry = TypeRegistry()
        let matches = [
            ("all", "{}"), ("absent", #"{"/b":{"exists":false},"/a":"x"}"#), ("constant", #"{"/a":["x","y"]}"#), ("nested", #"{"/c/d":1}"#),
            ("present", #"{"/b":{"exists":true},"/a":"x"}"#), ("star", #"{"/l/*/m":"z"}"#),
        ]
        for (name, match) in matches {
            let json = #"{"name":"\#(name)","version":1,"format":"json","match":\#(match),"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"n":{"path":"/n","type":"INTEGER"}}}"#
            try registry.put(try DocumentType(json: Array(json.utf8)))
        }
        let wanted: [(document: String, types: [String])] = [
            ("{}", ["all"]), (#"{"a":"x"}"#, ["absent", "all", "constant"]), (#"{"a":"y","b":1}"#, ["all", "constant"]),
            (#"{"a":"x","b":1}"#, ["all", "constant", "present"]), (#"{"a":"x","b":null}"#, ["absent", "all", "constant"]), (#"{"c":{"d":1.0}}"#, ["all", "nested"]),
            (#"{"c":{"d":null},"b":2}"#, ["all"]), (#"{"l":[{"m":"y"},{"m":"z"}],"a":"x"}"#, ["absent", "all", "constant", "star"]), (#"{"l":[]}"#, ["all"]),
        ]
        for (document, types) in wanted { XCTAssertEqual(try found(document, in: registry), types, document) }
    }
}

import XCTest

@testable import Documents

/// Goal: elements that a type names are lists though there may be one of them, and no others; to know which costs nothing by the path's length. Method: small documents, and one of long names.
final class XMLMembersTests: XCTestCase {
    private func json(_ xml: String, lists: Set<[String]>, byteCountMax: Int = 1 << 20) throws -> String {
        let document = try Array(xml.utf8).withUnsafeBytes { try XMLReader.read($0) }
        return String(decoding: try XCTUnwrap(XMLMembers.json(of: document, lists: lists, byteCountMax: byteCountMax)), as: UTF8.self)
    }

    func test_json_lists_areThoseOfTheirWholePaths() throws {
        XCTAssertEqual(try json("<a><b>1</b><c><b>2</b></c></a>", lists: [["a", "c", "b"]]), #"{"a":{"b":"1","c":{"b":["2"]}}}"#)
        // One beginning leads to several, and a list may stand within a list.
        XCTAssertEqual(
            try json("<a><c><b><d/></b></c><c><b/><e/></c></a>", lists: [["a", "c", "b"], ["a", "c", "b", "d"], ["a", "c", "e"]]),
            #"{"a":{"c":[{"b":[{"d":[null]}]},{"b":[null],"e":[null]}]}}"#)
        XCTAssertEqual(try json("<a><b/></a>", lists: [["a"]]), #"{"a":[{"b":null}]}"#)
        // Paths that lead past a list, end above it, or begin elsewhere.
        XCTAssertEqual(try json("<a><b><c/></b></a>", lists: [["a", "b", "c", "d"], ["b"], ["c"], ["b", "c"], ["x", "b"]]), #"{"a":{"b":{"c":null}}}"#)
        XCTAssertEqual(try json("<a><b><a><b/></a></b></a>", lists: [["a", "b"]]), #"{"a":{"b":[{"a":{"b":null}}]}}"#)
        XCTAssertEqual(try json("<p:a xmlns:p='urn:x'><p:c/></p:a>", lists: [["p:a", "p:c"]]), #"{"p:a":{"p:c":[null]}}"#)
        XCTAssertEqual(try json("<a><b/></a>", lists: []), #"{"a":{"b":null}}"#)
    }

    /// A megabyte of names around each of a hundred thousand elements: a hundred gigabytes, if each looked at all of them.
    func test_json_manyElementsBelowLongNames_areFoundByTheirOwnNames() throws {
        let names = (0..<100).map { "n\($0)" + String(repeating: "x", count: 10_000) }
        let leaves = (0..<100_000).map { "<b\($0)/>" }.joined()
        let xml = names.map { "<\($0)>" }.joined() + leaves + names.reversed().map { "</\($0)>" }.joined()
        let found = try json(xml, lists: [names + ["b7"]], byteCountMax: 16 << 20)
        XCTAssertTrue(found.contains(#""b7":[null]"#))
        XCTAssertTrue(found.contains(#""b8":null"#))
    }
}

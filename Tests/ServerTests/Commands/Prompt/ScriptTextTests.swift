import XCTest

@testable import Server

/// Goal: statements are what their file says. Method: a mark in front, and letters of another encoding.
final class ScriptTextTests: XCTestCase {
    func test_text_withoutTheMarkInFront() throws {
        XCTAssertEqual(try ScriptText.text([0xEF, 0xBB, 0xBF] + Array("SELECT 'é';".utf8), named: "a.sql"), "SELECT 'é';")
        XCTAssertEqual(try ScriptText.text([], named: "a.sql"), "")
    }

    /// They were asked for, and written to, with signs in their place.
    func test_text_ofAnotherEncoding_isRefused_byItsLine() {
        let bytes = Array("SELECT 1;\r\n\nSELECT 'caf".utf8) + [0xE9] + Array("';\n".utf8)
        XCTAssertThrowsError(try ScriptText.text(bytes, named: "a.sql")) { XCTAssertTrue("\($0)".hasPrefix("a.sql:3: these bytes are no UTF-8"), "\($0)") }
        XCTAssertThrowsError(try ScriptText.text([0xC3], named: "<stdin>")) { XCTAssertTrue("\($0)".hasPrefix("<stdin>:1: "), "\($0)") }
    }
}
